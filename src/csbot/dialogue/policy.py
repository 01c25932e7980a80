"""`decide`: from where the conversation stands and what the message says to one action. Pure: no I/O, no clock, no chance.

Rules in their order; the first that applies decides, and its name is in the trace.
"""

from __future__ import annotations

from dataclasses import replace

from csbot.config import too_close
from csbot.dialogue import order_in_hand, order_progress, task_flow
from csbot.dialogue.accounts import only_told
from csbot.dialogue.answer_memory import TENTATIVE
from csbot.dialogue.emergency import follow_up
from csbot.dialogue.last_reply import complains, doubts_last_reply, is_impatient, names_no_matter
from csbot.dialogue.mood import ask_before_human, with_mood
from csbot.dialogue.order_list import picked_from_list
from csbot.dialogue.settings import Policy
from csbot.dialogue.state import NOT_UNDERSTOOD, NOTHING_READ, State
from csbot.dialogue.task_choice import asked_for_outright, new_task, resumed_task, running_task, start_task
from csbot.dialogue.told_before import without_repeating
from csbot.dialogue.undoing import undoes
from csbot.intents.answers import says
from csbot.intents.choice import PICKED
from csbot.intents.matters import only_clauses
from csbot.intents.task_answers import any_tells
from csbot.kb.task_intents import HUMAN_HANDOFF, ORDER_PROGRESS, task_candidate
from csbot.models import Action, Candidate, Offer, Understanding
from csbot.text import has_emoji, is_foreign

CLEAR_WISH = 0.7
"""A wish for a human that words show as clearly as this is granted however well an FAQ fits; another must beat the FAQ."""
EVEN = 0.5
"""An answer less sure than this is more likely wrong than right: it says which question it is the answer to."""
LEAST_OF_THREE = 0.6
"""A part of a message with three matters, or that only a stop parts from another, is answered where the bot is as sure of it as
this: short parts are taken for much."""

SURE_WISH = 0.95
"""Below it, 「叫人来」 beside a task that is asked for outright calls for somebody to do that task."""


def decide(state: State, message: Understanding, policy: Policy) -> Action:
    """One action for the message. Same arguments, same action.

    The rules stand in six groups, each for a reason that is said; within a group the narrower rule comes first.
    """
    before = state
    if message.called_off:
        state = replace(state, task=None, asked=None, slots={}, asks={}, learnt={}, declined={}, options=(), option_texts=())
    action = (
        # somebody may be hurt: nothing else counts
        follow_up(state, message, policy)
        # about the reply before it: its words would mean another matter by themselves
        or order_in_hand.takes_up(state, message)
        or order_in_hand.asked_about(state, message, policy)
        or doubts_last_reply(state, message, policy)
        # a human, wished for in so many words
        or _human(state, message, policy)
        # the answer to what the bot asked, and what was being done or was just done
        or _answer_to_question(state, message, policy)
        or resumed_task(state, message, policy)
        or undoes(state, message, policy)
        # whole messages that ask nothing new: courtesy, picks, complaints, accounts; then the task under way may have them
        or _courtesy(state, message)
        or picked_from_list(state, message)
        or _picked(state, message, policy)
        or complains(message)
        or only_told(state, message, policy)
        or running_task(state, message, policy)
        or names_no_matter(state, message, policy)
        # a new matter: several at once, a task, the knowledge base, or none that is known
        or _order_and_question(state, message, policy)
        or _three_matters(state, message, policy)
        or new_task(state, message, policy)
        or is_impatient(state, message, policy)
        or _two_questions(message, policy)
        or _faq(state, message, policy)
        or _miss(state, message, policy)
    )
    action = with_mood(without_repeating(action, state, message, policy), message, policy)
    if message.called_off and action.kind in ("clarify", "fallback"):
        return Action(kind="smalltalk", rule="smalltalk_cancel", wording="smalltalk_cancel")  # 「不查了，太慢了」
    if action.kind == "handoff":  # whatever is known goes with the customer
        known = {**before.shown, **before.slots, **action.slots}
        known = {name: value for name, value in known.items() if value}
        return action.model_copy(update={"slots": known, "order_id": state.order_id})
    return action


def intent_of(message: Understanding, action: Action) -> str | None:
    """The intent that the action answers to, for trace and evaluation."""
    if action.kind == "handoff" and action.reason == "customer_wish":
        return HUMAN_HANDOFF
    if action.task:
        return action.task if action.kind != "answer" or not action.candidate else f"faq:{action.candidate.faq_id}"
    if action.kind == "smalltalk":
        return f"smalltalk:{message.smalltalk}"
    if action.kind == "answer" and action.candidate:
        return f"faq:{action.candidate.faq_id}"
    return None


def _human(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A human is called, whatever task is under way; words that are as much a wish for something else are left to that."""
    top = _best(message)
    asked_outright = top is not None and top.exact and top.action is None
    wish = next((signal for signal in message.signals if signal.name == "human_wanted"), None)
    faq = policy.sure_faq(message)
    rival = max(faq.confidence if faq else 0.0, policy.likeliest_task(message)[0], message.intents.get(ORDER_PROGRESS, 0.0))
    clear = wish is not None and ((wish.score >= CLEAR_WISH and bool(wish.text)) or wish.score >= rival)
    if wish and wish.score >= policy.config.dialogue.handoff_wish and clear and not asked_outright:
        if wish.score < SURE_WISH and asked_for_outright(message, policy):
            return None  # 「锁坏了，叫人来」
        question = ask_before_human(state, message, policy)
        return question or Action(kind="handoff", rule="human_wanted", reason="customer_wish", wording="handoff")
    if top and top.action == HUMAN_HANDOFF and policy.band(top) == "answer":
        return Action(kind="handoff", rule="human_intent", reason="customer_wish", wording="handoff", candidate=top)
    return None


def _answer_to_question(state: State, message: Understanding, policy: Policy) -> Action | None:
    """Short words that answer what the bot has just asked, and would be courtesy, or nothing, elsewhere."""
    form = message.normalised
    if state.offer and (says("wants", form) or (state.offer == "asked" and says("agrees", form))):
        words = "handoff_late" if order_in_hand.is_in_hand(state) else "handoff"
        return Action(kind="handoff", rule="human_offer_taken", reason="customer_wish", wording=words)
    task = policy.tasks.get(state.task or "")
    if task and task.name != ORDER_PROGRESS:
        answer = task_flow.answer_to_question(task, state, message, policy.config.dialogue)
        if answer:
            return answer
    in_hand = task is None and order_in_hand.is_in_hand(state)
    if (task or in_hand) and says("waits", form):
        return Action(kind="smalltalk", rule="waits", wording="no_hurry", task=state.task, slot=state.asked, slots=state.slots)
    if in_hand and says("nothing_more", form):
        return Action(kind="smalltalk", rule="nothing_more", wording="smalltalk_cancel")
    return None


def _courtesy(state: State, message: Understanding) -> Action | None:
    """Courtesy is returned; a task under way waits, unless it is what the customer calls off."""
    if message.smalltalk is None or message.picked is not None:
        return None
    rule = f"smalltalk_{message.smalltalk}"
    if message.smalltalk == "cancel" and state.task:
        words = "cancel_task" if state.task == ORDER_PROGRESS else "cancel_other_task"
        if any_tells("wrong_task", message.normalised) or says("not_meant", message.normalised):
            words = "wrong_task"
        elif any_tells("later", message.normalised):
            words = "set_aside"
        return Action(kind="smalltalk", rule=rule, wording=words)
    if state.task is None:
        offer: Offer | None = "mentioned" if message.smalltalk == "identity" else None
        return Action(kind="smalltalk", rule=rule, wording=rule, offer=offer)
    return Action(kind="smalltalk", rule=rule, wording=rule, task=state.task, slot=state.asked, slots=state.slots)


def _picked(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A pick from what was offered, or the word that none of it is meant."""
    if message.rejected and state.offers_orders:
        if state.task:
            return order_progress.none_of_these(state, policy.config)
        if says("another", message.normalised):
            return None
        return Action(kind="smalltalk", rule="smalltalk_cancel", wording="smalltalk_cancel")  # after a pick: 「没有了」
    if message.rejected:
        return _miss(state, message, policy)
    option = message.picked
    if option is None:
        return None
    if state.offers_orders:
        return order_progress.pick(state, option.faq_id)
    if option.action == HUMAN_HANDOFF:
        return Action(kind="handoff", rule=PICKED, reason="customer_wish", wording="handoff")
    if option.action:
        return start_task(option.action, state, message, policy, rule=PICKED)
    return Action(kind="answer", rule=PICKED, candidate=option)


def _two_questions(message: Understanding, policy: Policy) -> Action | None:
    """Both answers to a message that asks two questions, where the bot is sure of each."""
    if len(message.parts) != 2 or (message.candidates and message.candidates[0].exact):
        return None
    first, second = message.parts
    least = max(policy.answer, LEAST_OF_THREE) if only_clauses(message.normalised) else policy.answer
    sure = all(part.action is None and part.confidence >= least for part in message.parts)
    if not sure or first.faq_id == second.faq_id:
        return None
    return Action(kind="answer", rule="two_questions", candidate=first, also=(second,))


def _three_matters(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The answers to a message with three matters, where the bot is sure of two at least; the other is named, not dropped."""
    if len(message.parts) != 3 or (message.candidates and message.candidates[0].exact):
        return None
    least = max(policy.answer, LEAST_OF_THREE)
    known = [part.action is None and part.confidence >= least for part in message.parts]
    new = {
        part.faq_id: part for part, sure in zip(message.parts, known, strict=True) if sure and part.faq_id not in state.answers
    }
    left = tuple(text for text, sure in zip(message.part_texts, known, strict=True) if not sure)
    if len(new) < 2:
        return None
    first, *others = new.values()
    return Action(kind="answer", rule="three_matters", candidate=first, also=tuple(others), left=left)


def _order_and_question(state: State, message: Understanding, policy: Policy) -> Action | None:
    """A look-up of an order, and beside it the answer to what the same message asks, where the bot is very sure of it."""
    orders = [part for part in message.parts if part.action == ORDER_PROGRESS]
    faqs = [part for part in message.parts if part.action is None and part.confidence >= max(policy.answer, order_in_hand.FAIR)]
    if not policy.has_orders or len(orders) != 1 or len(faqs) != 1:
        return None
    action = start_task(ORDER_PROGRESS, state, message, policy, rule="order_and_question")
    return action if faqs[0].faq_id in state.answers else action.model_copy(update={"also": (faqs[0],)})


def _faq(state: State, message: Understanding, policy: Policy) -> Action | None:
    """The three bands: answer (or start the task that the FAQ stands for), offer to pick, or nothing here.

    A runner-up that is less than the margin behind is offered beside the first, however little is thought of it. There is no
    such doubt about an exact question, where only one question may be offered, and where 0.0 is set to answer everything.
    """
    top = _best(message)
    band = policy.band(top)
    bands = policy.config.bands
    doubtful = policy.answer > 0 and top is not None and not top.exact
    about = [c for c in message.candidates if c.faq_id in message.topic] if doubtful else []
    if len(about) > 1:  # of all that it may mean none need be likely
        return Action(kind="clarify", rule="bare_topic", options=tuple(about[: bands.clarify_limit]), wording="clarify")
    if top is None or band == "miss":
        return None
    runner_up = next((c for c in message.candidates if c.faq_id != top.faq_id), None)
    behind = top.confidence - runner_up.confidence if runner_up else 1.0
    close = doubtful and band == "answer" and bands.clarify_limit > 1 and too_close(behind, bands.ambiguity_margin)
    if band == "answer" and not close:
        rule = "exact" if top.exact else "confident"
        if top.action:
            return start_task(top.action, state, message, policy, rule=rule)
        return Action(kind="answer", rule=TENTATIVE if doubtful and top.confidence < EVEN else rule, candidate=top)
    meant = (top, runner_up) if close else (top,)
    offered = [c for c in message.candidates if c in meant or c.confidence >= policy.clarify]
    probability, name = policy.likeliest_task(message)
    if name and probability >= policy.config.dialogue.task_with_slots:
        offered.insert(1, task_candidate(name, policy.tasks[name].title, probability))
    rule = "close" if close else "unsure"
    return Action(kind="clarify", rule=rule, options=tuple(offered[: bands.clarify_limit]), wording="clarify")


def _miss(state: State, message: Understanding, policy: Policy) -> Action:
    if not message.normalised:
        words = "nothing_to_read" if has_emoji(message.text) else "only_punctuation"
        return Action(kind="fallback", rule=NOTHING_READ, wording=words)
    if state.misses + 1 >= policy.config.dialogue.miss_limit:
        return Action(kind="handoff", rule="miss_limit", reason=NOT_UNDERSTOOD, wording="handoff_missed")
    if is_foreign(message.text):
        return Action(kind="fallback", rule="other_language", wording="other_language", offer="asked")
    words = "pick_again" if state.offers_orders else "fallback"
    return order_in_hand.not_in_the_order(state, message) or Action(kind="fallback", rule="miss", wording=words)


def _best(message: Understanding) -> Candidate | None:
    return message.candidates[0] if message.candidates else None
