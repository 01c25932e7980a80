"""The dialogue: state folded from turns, the policy that decides, the order task, and the wording of replies."""
