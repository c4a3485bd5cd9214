import { expect, test } from "vitest";
import { freePort } from "../free-port.js";
import { openStacks, slotAt, write, written } from "./open-stacks.js";
import { serviceProgram } from "./service.js";

const stacks = openStacks();

test("a rollback is refused, dropped by a token that holds once, or carried along", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const program = (green: number, handover?: string) =>
        serviceProgram({
            port,
            weights: { blue: 100 - green, green },
            more: handover ? `handover: ${handover},` : "",
        });
    const stack = await stacks.open(program(0));
    await stack.must("up", "--yes", "--skip-preview");
    await write(url, "first");
    stack.program(program(100));
    await stack.must("up", "--yes", "--skip-preview");
    await write(url, "by green");

    // "block" is the default
    stack.program(program(0));
    const refusal =
        /handover\.onRollback: is "block", and going back to blue leaves behind what green wrote since; write handover\.onRollback: "reverseSync" to carry them along, or \{ discard: "([0-9a-f]+)" \} to drop what green wrote, for good/;
    const preview = await stack.preview();
    expect(preview.exitCode).not.toBe(0);
    expect(preview.output).toMatch(refusal);
    const blocked = await stack.up();
    expect(blocked.exitCode).not.toBe(0);
    const token = refusal.exec(blocked.output)?.[1] ?? "";
    expect(token).not.toBe("");
    expect(await slotAt(url)).toBe("green");

    // another token
    stack.program(program(0, `{ onRollback: { discard: "0123456789abcdef" } }`));
    const wrong = await stack.up();
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.output).toContain(
        "handover.onRollback.discard: is not the token of this rollback; write handover.onRollback",
    );
    expect(await slotAt(url)).toBe("green");

    // this one
    const discard = `{ onRollback: { discard: "${token}" } }`;
    stack.program(program(0, discard));
    const dropping = await stack.preview();
    expect(dropping.output).toContain("rollback: green hands over to blue");
    expect(dropping.output).toContain("what green wrote since blue last served is dropped");
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("blue");
    expect(await written(url)).toEqual(["first"]);

    // one event: forth again is a rollback of its own, and the token is another one
    stack.program(program(100, discard));
    const again = await stack.up();
    expect(again.exitCode).not.toBe(0);
    expect(again.output).toContain(
        "handover.onRollback.discard: is not the token of this rollback",
    );
    expect(await slotAt(url)).toBe("blue");

    // carried along
    await write(url, "by blue");
    stack.program(program(100, `{ onRollback: "reverseSync" }`));
    await stack.must("up", "--yes", "--skip-preview");
    expect(await slotAt(url)).toBe("green");
    expect(await written(url)).toEqual(["first", "by blue"]);
});
