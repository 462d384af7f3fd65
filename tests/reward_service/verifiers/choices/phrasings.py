"""Ways in which models state the option they pick, as templates: {L} the label, {l} in lower case, {T} the text.

One template a line, "\\n" in a line is a line break. Collected by class from the styles of released model outputs
(GPT-4V, Gemini, Qwen-VL, InternVL, LLaVA, Bard, MiniGPT-4, IDEFICS) and from the answer formats their prompts ask for.
"""

from __future__ import annotations


def templates(lines: str) -> tuple[str, ...]:
    """The templates of a block of lines."""
    return tuple(line.replace("\\n", "\n") for line in lines.strip("\n").split("\n"))


def filled(template: str, label: str, text: str) -> str:
    """A template with a label and a text."""
    return template.format(L=label, l=label.lower(), T=text)


OPTION_SETS: dict[str, tuple[str, ...]] = {
    "numbers": ("12 cm", "14 cm", "24 cm", "36 cm"),
    "words": ("increase", "decrease", "stay the same", "cannot be determined"),
    "names": ("Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Oslo", "Prague", "Athens", "Lisbon"),
    "formulas": (r"$\frac{1}{2}$", r"$\frac{3}{4}$", r"$\sqrt{2}$", r"$2\pi$", r"$\frac{\sqrt{3}}{2}$"),
    "pictures": ("<image 1>", "<image 2>", "<image 3>", "<image 4>", "<image 5>"),
    "letters": ("A", "B", "C", "D", "E"),
    "empty": ("", "", "", ""),
    "sentences": (
        "The mitochondria make energy.",
        "The nucleus stores the DNA.",
        "A cell wall protects plants.",
        "I am not sure about it.",
        "Ribosomes build proteins.",
    ),
}
LABELS = "ABCDEFGHIJ"

BEFORE = (
    "",
    "Let us go through the options:\nA. This is not right.\nB. This is plausible.\nC. This does not fit.\n\n",
    "Step 1: we compute 3 + 4 = 7. I see A and B on a line, so angle ABC is 90 degrees.\n\nStep 2: done. ",
)
AFTER = ("", "\n\nThis is because the figure shows it.", "\n\nI hope this helps! Let me know if you have questions.")

# Whole statements: they count wherever they stand.
STATED = templates(r"""
**({L})**
Answer: {L}
Answer: ({L})
Answer: **{L}**
**Answer:** {L}
**Answer: {L}**
**Answer**: {L}
ANSWER: {L}
answer: {l}
Answer:{L}
Answer - {L}
Answer is {L}
Answer: {L}.
Answer: {L}. {T}
Answer: ({L}) {T}
Answer: {L}) {T}
Answer: {L} - {T}
Answer: {L}: {T}
Answer: Option {L}
Answer: option ({L})
Ans: {L}
Final answer: {L}
Final Answer: {L}
**Final Answer:** {L}
### Final Answer\n\n{L}
### Final Answer\n\n**{L}**
### Final Answer:\n**({L}) {T}**
## Answer\n{L}. {T}
Final Answer: The final answer is $\boxed{{{L}}}$. I hope it is correct.
Final Answer: The final answer is $\boxed{{{L}}}$
The answer is {L}
The answer is {L}.
The answer is ({L}).
The answer is: {L}
The answer is **{L}**.
The answer is "{L}".
The answer is '{L}'.
The answer is option {L}.
The answer is Option ({L}).
The answer is choice {L}.
The answer is letter {L}.
The answer is {L}. {T}
The answer is ({L}) {T}.
The answer is {L}) {T}.
The answer is {L}, {T}.
The answer is {L}: {T}
The answer is $\boxed{{{L}}}$.
The answer is $\boxed{{\text{{{L}}}}}$.
The answer is $\boxed{{\text{{({L})}}}}$.
The answer is $\boxed{{\textbf{{({L})}} }}$.
The answer is $\boxed{{({L})}}$
The answer is \textbf{{{L}}}.
The answer is \textbf{{({L})}}.
The answer is $\text{{{L}}}$.
The answer is $\mathrm{{{L}}}$.
The answer is ${L}$.
The answer is \({L}\).
The correct answer is {L}.
The correct answer is: {L}
The correct answer is: **{L}. {T}**
The correct answer is:\n\n{L}
The correct answer is:\n\n**{L}. {T}**
The correct answer is:\n\n$\boxed{{{L}}}$
The correct answer is option {L}: {T}.
The correct answer is therefore {L}.
The correct answer would be {L}.
The correct answer should be ({L}).
The correct answer must be {L}.
The correct answer to this question is ({L}) {T}.
The correct answer choice is {L}.
The correct option is {L}.
The correct option is ({L}) {T}.
The correct option letter is {L}.
The correct choice is {L}.
The correct choice is **{L}**, because the others fail.
The right answer is {L}.
The best answer is {L}.
The best answer is **{L}. {T}**.
The best option is ({L}).
The most appropriate answer is {L}.
The most likely answer is {L}.
The closest answer is {L}.
The final answer is {L}.
The final answer is ({L}) {T}.
My answer is {L}.
My final answer is {L}.
So the answer is {L}.
So, the answer is ({L}).
So the final answer is: \boxed{{{L}}}
Thus, the answer is {L}.
Thus, the correct option is {L}.
Therefore, the answer is {L}.
Therefore, the correct answer is ({L}) {T}.
Therefore, the correct answer is:\n\nAnswer: {L}
Hence, the correct answer is option ({L}).
Hence the answer is {L}.
Therefore, option {L} is correct.
Therefore, option ({L}) is the correct answer.
Therefore, ({L}) is correct.
So option {L} is the right answer.
So {L} is the correct answer.
So, {L} is correct.
Thus, option {L} would be correct.
I choose {L}.
I choose option {L}.
I would choose ({L}).
I would select option {L}.
I will go with {L}.
I'd go with option {L}.
I select ({L}).
I pick {L}.
My choice is {L}.
I think the answer is {L}.
I think it's {L}.
I believe the correct answer is {L}.
I would say the answer is {L}.
It is {L}.
So it must be {L}.
It must be ({L}).
This corresponds to option {L}.
This matches option {L}.
This matches option ({L}).
This corresponds to ({L}).
Therefore, the result matches option {L}.
That leaves {L}.
We choose {L}.
\boxed{{{L}}}
$\boxed{{{L}}}$
$$\boxed{{{L}}}$$
\[\boxed{{{L}}}\]
\boxed{{\text{{{L}}}}}
\boxed{{\text{{({L})}}}}
\boxed{{\textbf{{({L})}}}}
\boxed{{\mathrm{{{L}}}}}
\boxed{{\text{{Option {L}}}}}
\boxed{{\text{{{L}. {T}}}}}
\boxed{{\text{{({L}) }}{T}}}
\boxed{{({L})\ {T}}}
\boxed{{{L}: {T}}}
\boxed{{{L}. {T}}}
\fbox{{{L}}}
<answer>{L}</answer>
<answer> ({L}) </answer>
<answer>{L}. {T}</answer>
<think>Maybe Z or something.</think>\n<answer>{L}</answer>
<think>First the answer is (Z).</think>The answer is {L}.
<think>\nlong\n</think>\n\n{L}
<|begin_of_box|>{L}<|end_of_box|>
答案是{L}
答案是{L}。
答案：{L}
答案为{L}。
答案选{L}
答案：({L})
答案是（{L}）。
正确答案是{L}。
正确答案：{L}
正确答案是 {L}. {T}
正确选项是{L}。
正确的选项是 {L}。
选{L}
选{L}。
故选{L}。
故选：{L}
故选：{L}．
故选（{L}）。
应选{L}项。
因此选{L}。
所以选择{L}。
所以答案是{L}。
因此，正确答案是({L}) {T}。
我选择{L}。
本题选{L}。
选项{L}正确。
因此选项{L}是正确的。
**答案：{L}**
综上所述，答案是{L}。
【答案】{L}
回答：{L}
The correct answer is {L})
The correct answer is ({L}
Correct Answer: {L}
Correct answer - {L}
Answer ({L})
Answer {L}
Ans. {L}
Ans: ({L})
Answer\n{L}
Answer:\n{L}
Answer:\n\n({L}) {T}
Selected option: {L}
Correct option: {L}
Correct option: ({L}) {T}
Correct choice: ({L})
The answer is the letter {L}.
The right choice is {L}.
The answer is clearly {L}.
The answer is most likely {L}.
The answer is probably {L}.
The answer appears to be {L}.
The answer seems to be {L}.
The answer might be {L}.
The answer could be {L}.
The answer will be {L}.
The answer would then be {L}.
The answer has to be {L}.
The answer can only be {L}.
I'd say {L}.
It's {L}.
Choose {L}.
Pick {L}.
Go with {L}.
My guess is {L}.
My best guess is ({L}).
I'd guess {L}.
The most accurate answer is option {L}, since it fits.
Hence, the answer is option {L} - {T}.
Thus the correct option is: {L}) {T}
Among the given options, the correct one is {L}.
The one that fits is option {L}.
The only option that satisfies this is ({L}).
The only correct option is {L}.
Therefore, the correct option from the given choices is ({L}) {T}.
Based on the analysis, the answer is:\n\n**{L}**
Based on the above, I conclude that the answer is {L}.
Therefore, the missing piece is {L}.
Therefore, the correct figure is {L}.
Therefore, the answer that best matches is {L}.
So, the correct answer to the question "Which?" is {L}.
The answer to the question is {L}. {T}
The correct answer, therefore, is {L}.
The correct answer (based on the picture) is {L}.
The answer, according to the figure, is {L}.
Final answer is {L}
Final choice: {L}
FINAL ANSWER: {L}
**Final Answer**: \boxed{{{L}}}
**Final Answer**\n\n\boxed{{{L}}}
**Final Answer**\nThe final answer is \boxed{{{L}}}.
[Answer] {L}
<ans>{L}</ans>
<final_answer>{L}</final_answer>
<CONCLUSION>{L}</CONCLUSION>
<CONCLUSION>\n{L}\n</CONCLUSION>
<SUMMARY>x</SUMMARY><REASONING>I see A and B.</REASONING><CONCLUSION>The answer is {L}.</CONCLUSION>
{{"answer": "{L}"}}
{{"answer": "{L}", "explanation": "because"}}
{{"reasoning": "A and B are wrong", "answer": "{L}"}}
```json\n{{"answer": "{L}"}}\n```
{{'answer': '{L}'}}
"answer": "{L}"
answer = {L}
The answer is {L}\n\nExplanation:\n\n(A) is wrong. (B) is fine.
Answer: {L}\nExplanation: Option A is a distractor, B too.
The correct answer is {L} ({T}).
The correct answer is "{L}. {T}".
The correct answer is *{L}*.
The correct answer is __{L}__.
The correct answer is `{L}`.
The correct answer is <b>{L}</b>.
The correct answer is {L}!
The correct answer is {L};
The correct answer is: ({L}).
The answer is:\n({L}) {T}
The answer is:\n{L}) {T}
The answer is:\n- {L}. {T}
The answer is option:\n{L}
**The correct answer is {L}.**
**Correct Answer: {L}. {T}**
Réponse : {L}
La réponse est {L}.
La respuesta correcta es {L}.
Die richtige Antwort ist {L}.
A resposta correta é {L}.
答案应该是{L}
答案应为{L}
正确的答案是{L}
我认为答案是{L}。
故答案为：{L}
故答案选{L}
故正确答案为{L}
所以，正确的选项是{L}。
因此答案选择{L}。
综上，应选择{L}。
选择 {L}
答：{L}
答: 选{L}
选 ({L})
最终答案：{L}
最终答案是 \boxed{{{L}}}
答案是选项{L}
答案是选项 {L}：{T}
正解は{L}です。
答えは{L}です。
정답은 {L}입니다.
정답: {L}
Ответ: {L}
Correct answer is option number {L}
So the option which is correct is {L}.
The correct answer among these is {L}.
Therefore the answer is ${L}$.
Therefore the answer is $({L})$.
Therefore the answer is \(\text{{{L}}}\).
Therefore the answer is \(\boxed{{\text{{{L}}}}}\).
\[\boxed{{\text{{({L})}}}}\]
\boxed{{\mathbf{{{L}}}}}
\boxed{{\text{{{L}}}.}}
\boxed{{ {L} }}
\boxed {{{L}}}
\boxed{{\text{{Answer: {L}}}}}
\boxed{{\text{{answer {L}}}}}
\boxed{{\rm {L}}}
\boxed{{\bf({L})}}
\boxed{{\textbf{{({L}) }} {T}}}
\boxed{{\text{{{L})}} {T}}}
$\boxed{{\text{{{L}}}}}$ is the answer.
The value is $x$, so the answer is $\boxed{{{L}}}$. Let me verify: B is not right.
""")

# Nothing but the option: they count as the whole response, or followed by an explanation.
ALONE = templates(r"""
{L}
({L})
{L}.
({L}).
{L})
**{L}**
**{L}.**
[{L}]
{{{L}}}
Option {L} is correct.
Option ({L}) is the correct answer.
Option {L} is the best choice.
Option {L} is the best answer.
Choice {L} is correct.
({L}) is correct.
({L}) is the correct answer.
**{L}** is the correct answer.
{L} is the correct answer.
{L} is correct.
{L} is the answer.
Option {L} is clearly correct here.
Option {L} ({T}) is correct.
which corresponds to option {L}.
{L}. {T}
({L}) {T}
{L}) {T}
{L}: {T}
{L}, {T}
{L} - {T}
{L}\n\nExplanation: this follows from the figure.
{L}.\n\nExplanation: this follows.
{L}. {T}\n\nThis is because it fits.
({L})\n\nBecause of the figure.
{L}\nThe figure shows this.
**{L}. {T}**\n\nBecause of the figure.
Option {L}
Option {L}.
Option ({L})
Option {L}: {T}
option {l}
Choice {L}
({l})
{l}
{l}.
{l})
{L}选项正确。
{L}项正确。
Option: {L}
Choice: {L}
Option {L} best describes the situation.
{L} is the best fit.
{L} best fits.
{L} would be correct.
[[{L}]]
{L}. {T} is correct because of x.
({L}) {T} is correct.
✅ {L}. {T}
✅ **Answer: {L}**
→ {L}
👉 {L}
""")
