import { describe, expect, test } from "vitest";
import {
    asCutoverError,
    CutoverError,
    formatProblem,
    InputError,
} from "../../provider/engine/errors.js";

test("a bad input is one line: where, what, and what to write instead", () => {
    const weights = { path: "traffic.weights", problem: "add up to 90", instead: "make it 100" };
    expect(formatProblem(weights)).toBe("traffic.weights: add up to 90; make it 100");
    expect(formatProblem({ path: "", problem: "is empty" })).toBe("is empty");
    expect(new InputError([weights, { path: "a", problem: "is b" }]).message).toBe(
        "traffic.weights: add up to 90; make it 100\na: is b",
    );
});

describe("a failure", () => {
    test("tells the step, the command, its last lines, the state of things and the next thing to do", () => {
        const error = new CutoverError("rsync failed", {
            step: "copy",
            command: ["rsync", "-a"],
            exitCode: 23,
            lastLines: ["one", "two"],
            state: "blue serves",
            next: "make room",
        });
        expect(error.message).toBe(
            "copy: rsync failed\ncommand: rsync -a (exit code 23)\n  | one\n  | two\nnow: blue serves\nnext: make room",
        );
    });

    test("is one line where nothing more is known", () => {
        expect(new CutoverError("it failed").message).toBe("it failed");
    });

    test("gets what is known further up, and keeps what it knew", () => {
        const error = new CutoverError("it failed", { next: "wait" }).with({
            step: "look",
            next: "run",
        });
        expect(error.message).toBe("look: it failed\nnext: wait");
    });

    test("is made of anything that is thrown, with its cause", () => {
        const cause = new TypeError("x is undefined");
        expect(asCutoverError(cause)).toMatchObject({ problem: "x is undefined", cause });
        expect(asCutoverError("a text").message).toBe("a text");
        const own = new CutoverError("own");
        expect(asCutoverError(own)).toBe(own);
    });
});
