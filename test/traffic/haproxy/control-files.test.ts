import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
    ControlFolder,
    controlFiles,
    deadlineIn,
    holdMap,
} from "../../../provider/traffic/haproxy/control-files.js";
import { randomFrom, spoil } from "../spoil.js";

describe("control files", () => {
    let path: string;
    beforeEach(() => {
        path = mkdtempSync(join(tmpdir(), "cutover-control-"));
    });
    afterEach(() => rmSync(path, { recursive: true }));

    test("of a new router: all it needs, and no hold", () => {
        const files = controlFiles({
            listen: { port: 1 },
            status: { port: 2 },
            slots: { blue: { host: "a", port: 3 } },
            weights: { blue: 100 },
            failover: false,
        });
        expect(Object.keys(files)).toEqual(["haproxy.cfg", "hold.lua", "hold.map"]);
        expect(files["hold.map"]).toBe("until 0\n");
        expect(files["hold.lua"]).toContain('Map.new("/cutover/hold.map", Map._str)');
    });

    test("a file is replaced whole, and nothing is left beside it", () => {
        const folder = new ControlFolder(path);
        folder.write("a", "old");
        folder.write("a", "new");
        expect(folder.read("a")).toBe("new");
        expect(readdirSync(path)).toEqual(["a"]);
    });

    test("what a crash left half-written is never read", () => {
        const folder = new ControlFolder(path);
        folder.write("hold.map", holdMap(5));
        writeFileSync(join(path, ".hold.map.new"), "until");
        expect(deadlineIn(folder.read("hold.map"))).toBe(5);
        folder.write("hold.map", holdMap(0));
        expect(readdirSync(path)).toEqual(["hold.map"]);
    });

    test("room is kept back once", () => {
        const folder = new ControlFolder(path);
        folder.keepSpare();
        const before = readFileSync(join(path, "spare"));
        expect(before.length).toBeGreaterThan(60_000);
        folder.keepSpare();
        expect(readdirSync(path)).toEqual(["spare"]);
    });

    test("a folder that is gone is said so", () => {
        const gone = new ControlFolder(join(path, "gone"));
        expect(() => gone.write("hold.map", "x")).toThrow(
            /^could not write the router's hold\.map: ENOENT/,
        );
        expect(() => gone.read("hold.map")).toThrow(
            /next: see that the router's control volume is mounted and its disk has room$/,
        );
    });

    test("fuzzed: a spoilt hold.map is another deadline or an error, never no hold by chance", () => {
        const random = randomFrom(3);
        for (let round = 0; round < 2_000; round++) {
            const text = spoil(holdMap(1_795_252_845_034), random);
            try {
                expect(deadlineIn(text)).toBeGreaterThan(0);
            } catch (error) {
                expect((error as Error).message).toBe("the router's hold.map cannot be read");
            }
        }
    });
});
