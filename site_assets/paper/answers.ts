/** Answers stand at the back, so that nobody reads one by accident; question and answer lead to each other. */

const ASKED = ".predict, .exercise";

/** Moves the answers of each chapter into the section that waits for them, or takes that away if there are none. */
export function moveAnswers(): void {
  const section = document.getElementById("answers")!;
  const back = section.querySelector<HTMLElement>(".prose")!;
  for (const chapter of document.querySelectorAll<HTMLElement>(".page-chapter")) {
    const asked = [...chapter.querySelectorAll<HTMLElement>(ASKED)];
    if (asked.length === 0) continue;
    const heading = document.createElement("h2");
    heading.textContent = [chapterNumber(chapter), title(chapter)].filter(Boolean).join(" · ");
    back.append(heading);
    let predictions = 0;
    for (const question of asked) {
      const label = question.querySelector<HTMLElement>(".block-label")!;
      if (question.matches(".predict")) {
        label.textContent = `Predict ${[chapterNumber(chapter), ++predictions].filter(Boolean).join(".")}`;
      }
      back.append(moveAnswer(question, label.textContent));
    }
  }
  if (back.childElementCount > 0) listInContents(section);
  else section.remove();
}

/** Before what follows it in the book. */
function listInContents(section: HTMLElement): void {
  const following = section.nextElementSibling;
  const entry = document.querySelector(`.title-contents li:has(a[href="#${following?.id}"])`);
  if (!entry) return;
  const item = document.createElement("li");
  const address = link("", section.id, "");
  const [number, name] = [document.createElement("span"), document.createElement("span")];
  number.className = "contents-number";
  name.className = "contents-title";
  name.textContent = title(section);
  address.append(number, name);
  item.append(address);
  entry.before(item);
}

function moveAnswer(question: HTMLElement, label: string): HTMLElement {
  const hidden = question.querySelector("details.predict-answer, details.exercise-answer")!;
  const answer = document.createElement("div");
  answer.className = "answer";
  answer.id = `${question.id}-answer`;
  const head = document.createElement("p");
  head.className = "block-label";
  head.append(link("answer-question", question.id, label));
  answer.append(head, ...hidden.querySelector("section")!.childNodes);
  const pointer = document.createElement("p");
  pointer.className = "answer-pointer";
  pointer.append(link("answer-place", answer.id, "Answer"));
  hidden.replaceWith(pointer);
  return answer;
}

function link(kind: string, id: string, text: string): HTMLAnchorElement {
  const made = document.createElement("a");
  made.className = kind;
  made.href = `#${id}`;
  made.textContent = text;
  return made;
}

function chapterNumber(chapter: HTMLElement): string {
  return /\d+/.exec(chapter.querySelector(".chapter-number")?.textContent ?? "")?.[0] ?? "";
}

function title(chapter: HTMLElement): string {
  return chapter.querySelector("h1")?.textContent ?? "";
}
