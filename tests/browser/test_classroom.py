"""A class in real browsers: a teacher and students who vote, lose their server, reach a goal, hand in and are led."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pages.ui.text.translation import CATALOGUES
from tests.browser.conftest import LOCALE, SEEN
from tests.support.browser import SECONDS, at_rest, axe_finds, control, new_context, settled
from tests.support.server import free_port, server_process

pytestmark = pytest.mark.browser
ko = CATALOGUES["ko"].gettext

# Notes what is said in the corner: on a slow machine it may be gone before a test can look.
HEAR = """() => {
  window.heard = [];
  const hear = () => document.querySelectorAll("[data-testid=stToast]").forEach((toast) => heard.push(toast.innerText));
  new MutationObserver(hear).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


class People:
    """Browsers of their own for the teacher and each student."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []

    def comes(self, path: str, width: int = 1280, height: int = 720, locale: str = LOCALE) -> Page:
        context = new_context(self._browser, viewport={"width": width, "height": height}, locale=locale)
        context.add_init_script(SEEN)
        self.contexts.append(context)
        page = context.new_page()
        page.goto(self.address + path)
        return page


def opened(people: People) -> tuple[Page, str]:
    """A teacher who has opened a class, and its code."""
    teacher = people.comes("/class")
    teacher.get_by_role("button", name="Open a class").click(timeout=SECONDS)
    expect(teacher).to_have_url(re.compile("room="), timeout=SECONDS)
    found = re.search(r"room=(\w{6})", teacher.url)
    assert found
    return teacher, found[1]


def choose(page: Page, option: str, send: str = "Send my answer") -> None:
    page.get_by_role("radiogroup").get_by_text(option).click(timeout=SECONDS)
    page.get_by_role("button", name=send).click(timeout=SECONDS)


# What the page says first to a server that has come back is lost on its way.
LOSE = """() => {
  const send = WebSocket.prototype.send;
  let until;
  WebSocket.prototype.send = function (...given) {
    until ??= Date.now() + 1500;
    if (Date.now() > until) send.apply(this, given);
  };
}"""


def test_a_class_votes_twice_and_loses_its_server_between(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    with server_process(port=port, SPIRAL_LAB_STORE=str(tmp_path / "runs.sqlite")) as (address, _process, _log):
        people = People(browser, address)
        teacher, code = opened(people)
        by_code, phone = people.comes("/?iterations=100"), people.comes(f"/class?room={code}", 390, 844, "ko-KR")
        others = [people.comes(f"/class?room={code}") for _ in range(3)]
        by_code.get_by_role("link", name="Classroom").first.click(timeout=SECONDS)
        by_code.get_by_label("Code").fill("222222")
        by_code.get_by_role("button", name="Join", exact=True).click()
        expect(by_code.get_by_text("No class with this code is open.")).to_be_visible(timeout=SECONDS)
        by_code.get_by_label("Code").fill(f"{code[:3].lower()} {code[3:]}")
        by_code.get_by_role("button", name="Join", exact=True).click()
        expect(by_code.get_by_text("You are in.")).to_be_visible(timeout=SECONDS)
        students = [by_code, *others]
        expect(teacher.get_by_text("5 students are here").first).to_be_visible(timeout=SECONDS)
        control(teacher, "room_lesson").locator("input").first.click()
        teacher.get_by_role("option", name="1. The loss before any training").click()
        teacher.get_by_role("button", name="Open the vote").click()
        for student in students:
            choose(student, "about 0.33")
        phone.get_by_role("radiogroup").get_by_text("1.10").click(timeout=SECONDS)
        phone.get_by_role("button", name=ko("Send my answer")).click()
        expect(teacher.get_by_text("5 of 5 have answered")).to_be_visible(timeout=SECONDS)
        assert teacher.get_by_text("%", exact=False).count() == 0  # no tally while it grows
        assert axe_finds(phone) == []
        assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
        teacher.get_by_role("button", name="Close the vote").click()
        expect(phone.get_by_text(ko("Turn to your neighbour: which answer is right, and why?")[:8])).to_be_visible(timeout=SECONDS)
        others[0].evaluate(LOSE)
    with server_process(port=port, SPIRAL_LAB_STORE=str(tmp_path / "runs.sqlite")):
        for page in (teacher, phone, *students):  # what is clicked without a connection, Streamlit drops
            expect(page.locator(".stApp")).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=2 * SECONDS)
            at_rest(page)
        teacher.get_by_role("button", name="Vote again").click(timeout=2 * SECONDS)
        for student in students:
            expect(student.get_by_text("The second vote: answer again")).to_be_visible(timeout=2 * SECONDS)
            choose(student, "about 1.10")
        phone.get_by_role("radiogroup").get_by_text("1.10").click(timeout=2 * SECONDS)
        phone.get_by_role("button", name=ko("Send my answer")).click()
        expect(teacher.get_by_text("5 of 5 have answered")).to_be_visible(timeout=SECONDS)
        teacher.get_by_role("button", name="Close the second vote").click()
        teacher.get_by_role("button", name="Show both tallies").click(timeout=SECONDS)
        said = "First vote: A 0%, B 80%, C 20%, D 0%. Second vote: A 0%, B 0%, C 100%, D 0%."
        for page in (teacher, by_code):
            expect(page.locator(".st-key-room_tallies .plot").first).to_have_attribute("aria-label", said, timeout=SECONDS)
        teacher.get_by_role("button", name="Show what happens").click()
        expect(teacher.get_by_text("What you see")).to_be_visible(timeout=SECONDS)  # no question in the way
        by_code.get_by_role("button", name="To the teacher").click(timeout=SECONDS)
        expect(by_code.get_by_text("You predicted “about 1.10”. Correct.")).to_be_visible(timeout=SECONDS)
        for context in people.contexts:
            context.close()


def test_a_goal_is_handed_in_judged_shown_and_deleted(server: str, browser: Browser) -> None:
    people = People(browser, server)
    teacher, code = opened(people)
    student = people.comes(f"/?room={code}&iterations=300&hidden=10")
    settled(student)
    teacher.get_by_text("A goal", exact=True).click()
    teacher.get_by_label("Weights at most").fill("50")
    teacher.get_by_label("Weights at most").press("Enter")
    teacher.get_by_role("button", name="Set the goal").click()
    expect(student.get_by_text("13 weights too many.")).to_be_visible(timeout=SECONDS)
    control(student, "hand_in").get_by_role("button").first.click()
    student.get_by_label("Note").fill("<b>ten</b> units")
    student.get_by_label("Note").press("Tab")
    student.get_by_role("button", name="Hand in this experiment").click()
    expect(student.get_by_text("Your receipt")).to_be_visible(timeout=SECONDS)
    expect(teacher.get_by_text("1 work judged; 0 reach the goal.").first).to_be_visible(timeout=SECONDS)
    student.keyboard.press("Escape")
    student.get_by_role("button", name="The goal").click()
    expect(student.locator(".st-key-room_cloud").get_by_text("yours")).to_be_visible(timeout=SECONDS)
    for page in (teacher, student):
        assert axe_finds(page) == []
    teacher.get_by_text("Control it from your phone").click()
    teacher.get_by_role("button", name="Make the link").click()
    link = teacher.locator("code", has_text="pass=").first.text_content(timeout=SECONDS) or ""
    remote = people.comes(link.removeprefix(server), 390, 844)
    expect(remote.get_by_role("button", name="End this goal")).to_be_visible(timeout=SECONDS)
    assert "pass=" not in remote.url
    thief = people.comes(link.removeprefix(server))
    expect(thief.get_by_text("This link to teach has been used already")).to_be_visible(timeout=SECONDS)
    expect(thief.get_by_role("button", name="End this goal")).to_have_count(0)
    remote.get_by_role("button", name="End this goal").click()
    expect(student.get_by_text("You are in.")).to_be_visible(timeout=SECONDS)
    teacher.get_by_role("button", name="Close the class").click()
    teacher.get_by_role("button", name="Close it and delete everything").click()
    expect(student.get_by_text("This class has been closed.")).to_be_visible(timeout=SECONDS)
    assert "room=" not in student.url
    for context in people.contexts:
        context.close()


def test_who_allows_it_is_taken_along(server: str, browser: Browser) -> None:
    people = People(browser, server)
    teacher, code = opened(people)
    teacher.get_by_role("button", name="Full-screen QR code").click(timeout=SECONDS)
    expect(teacher.get_by_role("dialog")).to_be_visible(timeout=SECONDS)
    student = people.comes(f"/?room={code}&iterations=100")
    settled(student)
    expect(teacher.get_by_text("1 student is here").first).to_be_attached(timeout=SECONDS)
    expect(teacher.get_by_role("dialog")).to_be_visible()  # though the page has drawn itself anew
    teacher.keyboard.press("Escape")
    expect(teacher.get_by_role("dialog")).to_have_count(0)
    control(student, "class_more").get_by_role("button").first.click()
    student.get_by_text("Take me along").click()
    student.keyboard.press("Escape")
    teacher.goto(f"{server}/under_the_hood?room={code}&iterations=200&hidden=7")
    teacher.evaluate(HEAR)
    teacher.get_by_role("button", name="Lead the class here").click(timeout=SECONDS)
    teacher.wait_for_function("heard.some(text => text.includes('The class sees the way to this page.'))")
    expect(student).to_have_url(re.compile(r"/under_the_hood\?.*hidden=7"), timeout=SECONDS)
    assert "room=" + code in student.url
    student.reload()
    control(student, "class_more").get_by_role("button").first.click(timeout=SECONDS)
    expect(student.get_by_role("switch", name="Take me along")).to_be_checked(timeout=SECONDS)
    screen = teacher.context.new_page()
    screen.goto(f"{server}/class?room={code}&screen=1")
    expect(screen.locator(".st-key-screen h1")).to_have_text(f"{code[:3]} {code[3:]}", timeout=SECONDS)
    expect(screen.locator("header").first).to_be_hidden()
    for width, height in ((1280, 720), (1920, 1080)):
        screen.set_viewport_size({"width": width, "height": height})
        box = screen.locator(".st-key-screen h1").bounding_box()
        assert box
        assert box["x"] + box["width"] <= width / 2 + 40
        assert screen.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= height + 1
        sizes = screen.locator(".st-key-screen p").evaluate_all("all => all.map(p => parseFloat(getComputedStyle(p).fontSize))")
        assert min(sizes) >= 0.0166 * width  # 16 minutes of arc at 8 m from a picture of 2.4 m
    for context in people.contexts:
        context.close()


def test_a_plan_leads_the_class_from_a_vote_into_its_lesson(server: str, browser: Browser, tmp_path: Path) -> None:
    people = People(browser, server)
    teacher, code = opened(people)
    student = people.comes(f"/class?room={code}", 390, 844)
    control(teacher, "room_plan_choose").get_by_role("button").click(timeout=SECONDS)
    control(teacher, "room_plan_take").get_by_role("button").click(timeout=SECONDS)
    bar, following = control(teacher, "room_plan"), control(teacher, "room_plan_next").get_by_role("button")
    expect(bar).to_contain_text("What a line cannot do", timeout=SECONDS)
    for number, step in ((1, "Away from the screen"), (2, "Vote: A linear classifier cannot bend")):
        following.click(timeout=SECONDS)
        expect(bar).to_contain_text(f"step {number} of 7 · {step}", timeout=SECONDS)
    choose(student, "nearly nothing")
    expect(student.get_by_text("Sent: A")).to_be_visible(timeout=SECONDS)
    following.click()
    student.get_by_role("button", name="To the teacher").click(timeout=SECONDS)
    expect(student).to_have_url(re.compile(r"/lessons\?.*lesson=linear"), timeout=SECONDS)
    expect(student.get_by_text("You predicted “nearly nothing”. Correct.")).to_be_visible(timeout=2 * SECONDS)
    at_rest(teacher)
    assert axe_finds(teacher) == []
    teacher.set_viewport_size({"width": 390, "height": 844})
    expect(following).to_be_in_viewport()
    assert teacher.evaluate("document.documentElement.scrollWidth") <= 390

    teacher.goto(f"{server}/teach")
    teacher.get_by_role("radio", name="Plans of an hour").click(timeout=SECONDS)
    with teacher.expect_download(timeout=SECONDS) as saved:
        control(teacher, "plans_export").get_by_role("button").click(timeout=SECONDS)
    file = tmp_path / "plan.json"
    saved.value.save_as(file)
    colleague = people.comes("/teach")
    colleague.get_by_role("radio", name="Plans of an hour").click(timeout=SECONDS)
    control(colleague, "plans_import").get_by_role("button").first.click(timeout=SECONDS)
    control(colleague, "plans_file").locator("input[type=file]").set_input_files(file)
    expect(control(colleague, "plans_name").locator("input")).to_have_value("What a line cannot do", timeout=SECONDS)
    for context in people.contexts:
        context.close()
