"""The pages of reports: self-contained, and nothing in them is taken for markup."""

import re
from html.parser import HTMLParser

from igamingace._common.html_page import html_page, html_table, text

HOSTILE = '</td><script>alert("x")</script>&amp;\ud800'


class Reader(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.links = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]


def test_texts_are_never_markup_and_never_half_a_character():
    page = html_page(HOSTILE, html_table([HOSTILE], [[HOSTILE]], caption=HOSTILE))

    reader = Reader(page)
    assert "script" not in reader.tags
    assert reader.links == []
    assert page.count("&lt;script&gt;") == 6
    page.encode()


def test_the_policy_of_a_page_admits_nothing_but_its_own_style():
    assert "default-src 'none'; style-src 'unsafe-inline'" in html_page("Report")


def test_figures_are_aligned_to_the_right():
    table = html_table(["game", "GGR"], [["Fjord", "1.50"]], right=["GGR"])

    assert '<td>Fjord</td><td class="right">1.50</td>' in table


def luminance(colour):
    """Return the relative luminance of a colour (WCAG 2)."""
    digits = "".join(digit * 2 for digit in colour) if len(colour) == 3 else colour
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_can_be_read_in_light_in_dark_and_on_paper():
    blocks = re.findall(r":root \{([^}]*)\}", html_page("Report"))
    schemes = [dict(re.findall(r"--(\w+): #(\w+)", block)) for block in blocks]

    assert len(schemes) == 3
    for scheme in schemes:
        for name in ("text", "dim", "bad", "good", "accent"):
            for under in ("page", "block"):
                dark, light = sorted((luminance(scheme[name]), luminance(scheme[under])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, under)


def test_numbers_are_texts_too():
    assert text(1.5) == "1.5"
