"""Issues: where the caret lands, what is suggested, in which order they are printed."""

from builder.issues.issue import Issue, Source, Span, in_order, suggest, summary


def issue_at(text: str, marked: str) -> Issue:
    start = text.index(marked)
    return Source("a.md", text).issue("rule", Span(start, start + len(marked)), "message")


def caret_line(text: str, marked: str) -> str:
    return str(issue_at(text, marked)).split("\n")[2]


def test_headline_names_the_place_the_rule_and_the_hint() -> None:
    issue = Source("a.md", "one\ntwo three").issue("rule", Span(8, 13), "message", "hint")
    assert issue.headline == "a.md:2:5 rule: message (hint)"
    assert str(issue).split("\n")[1:] == ["  two three", "      ^~~~~"]


def test_a_warning_says_so() -> None:
    issue = Source("a.md", "x").issue("rule", Span(0, 1), "message", severity="warning")
    assert issue.headline == "a.md:1:1 rule: warning: message"


def test_the_caret_keeps_tabs_so_that_it_stands_below() -> None:
    assert caret_line("\ta\tbad", "bad") == "  \t \t^~~"


def test_the_caret_counts_characters_as_wide_as_they_are_shown() -> None:
    assert caret_line("Kühl bad", "bad") == "       ^~~"
    assert caret_line("潜在 bad", "bad") == "       ^~~"  # two cells each
    assert caret_line("e\u0301 bad", "bad") == "    ^~~"  # the accent takes no cell
    assert caret_line("a 潜在 b", "潜在") == "    ^~~~"


def test_columns_count_characters_from_one() -> None:
    assert issue_at("Kühl 潜在 bad", "bad").column == 9


def test_a_long_line_is_cut_around_the_caret() -> None:
    first, shown, carets = str(issue_at("a" * 500 + " bad " + "b" * 500, "bad")).split("\n")
    assert ":1:502 " in first
    assert len(shown) < 110
    assert shown[carets.index("^") : carets.rindex("~") + 1] == "bad"
    assert shown.startswith("  …")
    assert shown.endswith("…")


def test_a_range_over_several_lines_is_marked_on_its_first() -> None:
    assert caret_line("one two\nthree", "two\nthree") == "      ^~~"


def test_a_place_at_the_end_of_the_text_is_still_shown() -> None:
    issue = Source("a.md", "ab").issue("rule", Span(2, 3), "message")
    assert (issue.line, issue.column) == (1, 3)
    assert str(issue).split("\n")[2] == "    ^"


def test_suggestions() -> None:
    assert suggest("latent-wlak", ["latent-walk", "digit-map"]) == "did you mean 'latent-walk'?"
    assert suggest("LATENT", ["Latent", "x"]) == "did you mean 'Latent'?"
    assert suggest("zzz", ["b", "a"]) == "known: a, b"
    assert suggest("zzz", []) == ""
    assert suggest("zzz", [], plural="figures") == "there are no figures yet"
    assert suggest("zzz", map(str, range(9))) == ""


def test_issues_are_sorted_by_place_and_said_once() -> None:
    source = Source("a.md", "x\ny")
    late, early = (source.issue("rule", Span(start, start + 1), "m") for start in (2, 0))
    other = Source("A.md", "x").issue("rule", Span(0, 1), "m")
    assert in_order([late, early, late, other]) == [other, early, late]


def test_summary_counts() -> None:
    issue = issue_at("x", "x")
    warning = Source("a", "x").issue("r", Span(0, 1), "m", severity="warning")
    assert summary([issue, issue, warning]) == "2 errors, 1 warning"
    assert summary([]) == "no issues"


def test_what_commands_a_terminal_is_shown_as_a_sign() -> None:
    text = "a\tb \x1b[31m\x00\x7f\x9b\u202e bad"
    issue = issue_at(text, "bad")
    assert str(issue).split("\n")[1:] == ["  a\tb ␛[31m␀␡�� bad", "   \t            ^~~"]
    named = Source("a.md", text).issue("rule", Span(0, 1), "unknown \x1b]0;name\x07", "\x1b[2J")
    assert named.headline == "a.md:1:1 rule: unknown ␛]0;name␇ (␛[2J)"
