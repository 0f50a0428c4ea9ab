import time
from dataclasses import replace

from tests.ingest.calls.calls_for_tests import JANE, OWN, START, VERA, listen, make_call

from leadloop.ingest.calls import ActionItem, Call, Turn, understand

WORDS = listen()


def read(*lines, **more):
    return understand(make_call(*lines, **more), own=OWN, words=WORDS)


def test_who_spoke_how_much_and_who_asked_is_counted():
    talk = read(
        "Vera Stone: We make phones ring in many ways. Shall I go on with the tour?",
        "Jane Miller: Yes.",
        "Vera Stone: It is fast and it is simple to set up.",
        "Jane Miller: How much is it? Who else uses it? We would want to see it live before we decide on this.",
    ).talk
    assert (talk.words, talk.prospect_words, talk.speakers) == (45, 21, 2)
    assert talk.prospect_share == round(21 / 45, 4)
    assert (talk.questions_of_prospect, talk.questions_of_ours) == (2, 1)
    # A short "yes" does not end what the other one says.
    assert (talk.longest_monologue_words, talk.longest_monologue_seconds) == (24, 30.0)


def test_products_come_up_wanted_or_not_the_first_named_first():
    found = read("Jane Miller: We need SMS. We do not want Voice AI.", "Vera Stone: And eSIM data plans?")
    assert found.products == ("Messaging", "Voice AI", "Wireless")
    assert found.fields["products_discussed"] == "Messaging; Voice AI; Wireless"


def test_urgency_is_read_of_words_and_of_times_that_are_named():
    assert read("Jane Miller: This is urgent, we go live this week.").urgency == 4
    assert read("Jane Miller: We need it within three days.").urgency == 5
    assert read("Jane Miller: It has to run before our contract ends in March.").urgency == 3
    assert read("Jane Miller: No rush, maybe next year.").urgency <= 1
    assert read("Jane Miller: We have two offices.").urgency is None
    assert read("Jane Miller: We want it live by Q3.").signals.days_to_act == 162


def test_signals_point_both_ways_and_what_is_denied_points_the_other_way():
    found = read("Jane Miller: How much would it cost? The budget is approved. But it is too expensive.").signals
    assert found.towards == ("asks the price", "money is there")
    assert found.against == ("too expensive",)
    assert found.price_asked is True
    assert "says no to too expensive" in read("Jane Miller: It is not too expensive for us.").signals.towards
    assert "no money" in read("Jane Miller: There is no budget.").signals.against


def test_what_we_say_ourselves_is_no_signal_of_theirs():
    found = read("Vera Stone: The budget is approved and you can decide?", "Jane Miller: I would have to look.").signals
    assert found.towards == ()


def test_next_steps_are_action_items_then_notes_then_what_was_said():
    said = "Vera Stone: I'll send the quote on Monday."
    assert read(said).signals.next_steps == ("I'll send the quote on Monday",)
    noted = read(said, summary="Went well.\nNext steps:\n- Send the contract\n- Call legal\nTopics:\n- Price")
    assert noted.signals.next_steps == ("Send the contract", "Call legal")
    items = (ActionItem("a", "Book a demo"),)
    assert read(said, action_items=items, summary="Next steps: none").signals.next_steps == ("Book a demo",)


def test_the_values_go_by_the_names_of_the_playbook():
    found = read("Vera Stone: Hi Jane.", "Jane Miller: Hello.", summary="Acme wants it.")
    assert found.fields["call_notes"] == "Acme wants it.\nAE: Hi Jane.\nJane Miller: Hello."
    assert found.fields_of_call["call_notes"] == "AE: Hi Jane.\nJane Miller: Hello."
    assert {name: found.fields[name] for name in ("company_name", "domain", "ae_name", "call_minutes", "call_at")} == {
        "company_name": "Acme GmbH",
        "domain": "acme.example",
        "ae_name": "Vera Stone",
        "call_minutes": 30.0,
        "call_at": "2026-01-20T15:00:00+00:00",
    }


def test_what_was_written_later_is_not_in_what_the_call_itself_says():
    found = read("Jane Miller: We have two offices.", summary="They want SMS. It is urgent.")
    assert "products_discussed" in found.fields
    assert "products_discussed" not in found.fields_of_call
    assert "urgency_level" not in found.fields_of_call


def test_an_agenda_that_is_an_untouched_template_says_nothing():
    assert read(agenda="## Talking Points\n\n- \n\n## Action Items\n\n## Notepad\n").notes == ""
    assert read(agenda="## Talking Points\n- Ask for the budget\n").notes == "- Ask for the budget"


def test_the_length_comes_of_the_transcript_where_the_source_does_not_say():
    call = replace(make_call("Vera Stone: Hi.", "Jane Miller: Hello."), ended_at=None)
    assert understand(call, own=OWN).minutes == 20 / 60
    assert understand(replace(call, turns=()), own=OWN).minutes is None


def test_an_empty_call_is_understood_as_nothing():
    found = understand(Call("c", ""), own=OWN)
    assert not found.is_lead
    assert found.fields == {}


def test_a_transcript_twice_as_long_takes_about_twice_the_time():
    lines = (
        Turn("Vera Stone", "We offer Voice AI and SMS, and it is great. What do you need, and how soon is it?", 0, 9),
        Turn(
            "Jane Miller", "No budget this year, so we might want it by the end of Q3, not before. Is it good?", 9, 20
        ),
    )
    understand(Call("c", "Acme <> Dialtone", START, None, None, (VERA, JANE), lines), own=OWN, words=WORDS)
    took = []
    for times in (500, 1_000, 2_000):
        call = Call("c", "Acme <> Dialtone", START, None, None, (VERA, JANE), lines * times)
        best = 9e9
        for _ in range(2):
            begin = time.process_time()
            understand(call, own=OWN, words=WORDS)
            best = min(best, time.process_time() - begin)
        took.append(best)
    # 16,000 to 68,000 words. Twice the work takes twice the time; four times as much would be a square.
    assert took[2] / took[0] < 4 * 1.9, took
