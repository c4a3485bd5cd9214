import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { eventReporter, parseEvent, passOn } from "../../provider/runner/events.js";

/** What a reader of the log hears of what a runner says. */
function heard(say: (reporter: ReturnType<typeof eventReporter>) => void): string[] {
    const log = new PassThrough();
    say(eventReporter(log));
    const said: string[] = [];
    for (const line of String(log.read()).trimEnd().split("\n")) {
        passOn(parseEvent(line), {
            status: (message, progress) => said.push(`status ${message} ${progress?.bytes ?? ""}`),
            info: (message) => said.push(`info ${message}`),
            warn: (message) => said.push(`warn ${message}`),
        });
    }
    return said;
}

test("what a runner says arrives as it was said, a message of several lines too", () => {
    expect(
        heard((runner) => {
            runner.status("copying", { bytes: 7 });
            runner.info('a "quoted"\nsecond line');
            runner.warn("mind \u001b[31m this");
        }),
    ).toEqual(["status copying 7", 'info a "quoted"\nsecond line', "warn mind \u001b[31m this"]);
});

test("steps are for the journal's readers, and no message", () => {
    expect(heard((runner) => runner.step({ kind: "start", job: "1", step: "copy" }))).toEqual([]);
    const line = '{"type":"step","kind":"start","step":"copy"}';
    expect(parseEvent(line)).toEqual({ type: "step", kind: "start", step: "copy" });
});

test.each(["Segmentation fault", "{", "null", "7", '{"no":"type"}', '["a"]', ""])(
    "a line that is no event is a warning, as it is: %s",
    (line) => {
        expect(parseEvent(line)).toEqual({ type: "warn", message: line });
    },
);
