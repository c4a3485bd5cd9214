import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlFiles } from "../../../provider/traffic/haproxy/control-files.js";
import { HaproxyRouter } from "../../../provider/traffic/haproxy/haproxy-router.js";
import { weightsIn } from "../../../provider/traffic/haproxy/server-lines.js";
import { RouterDown } from "../../../provider/traffic/haproxy/transport.js";

/** HAProxy's side of the socket, as far as the router asks; it notes what the files say at each change. */
class Haproxy {
    weights: Record<string, number> = { blue: 100, green: 0 };
    disabled = new Set(["green"]);
    deadline = 0;
    changes: string[] = [];
    /** Dies at this change. */
    diesAt = Number.POSITIVE_INFINITY;

    constructor(private readonly folder: string) {}

    answer = async (line: string): Promise<string> => {
        if (line.startsWith("show servers state;")) return this.state();
        if (this.changes.length >= this.diesAt) throw new RouterDown("down");
        const hold = readFileSync(join(this.folder, "hold.map"), "utf8").trim();
        const file = weightsIn(readFileSync(join(this.folder, "haproxy.cfg"), "utf8")).slots;
        this.changes.push(`${line} [file: ${hold}, ${file?.blue}/${file?.green}]`);
        const [, , target, kind, value] = line.split(" ");
        const slot = target?.split("/")[1] ?? "";
        if (line.startsWith("set map")) this.deadline = Number(value);
        else if (kind === "weight") this.weights[slot] = Number(value);
        else if (value === "maint") this.disabled.add(slot);
        else this.disabled.delete(slot);
        return "\n";
    };

    private state(): string {
        const columns = "be_name srv_name srv_addr srv_admin_state srv_uweight srv_fqdn srv_port";
        const servers = Object.entries(this.weights).map(
            ([slot, weight]) =>
                `slots ${slot} 10.0.0.1 ${this.disabled.has(slot) ? 1 : 0} ${weight} - 80`,
        );
        return [
            `1\n# ${columns}\n${servers.join("\n")}\n`,
            "# pxname,svname,scur,qcur,stot\nslots,BACKEND,0,0,0\nslots,blue,0,0,0\nslots,green,0,0,0\n",
            `0x1 until ${this.deadline}\n`,
            "proc.cutover_held: type=sint value=<0>\n",
        ].join("\n");
    }
}

describe("HaproxyRouter", () => {
    let folder: string;
    let haproxy: Haproxy;
    let router: HaproxyRouter;

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "cutover-router-"));
        const files = controlFiles({
            listen: { port: 1 },
            status: { port: 2 },
            slots: { blue: { host: "a", port: 80 }, green: { host: "b", port: 80 } },
            weights: { blue: 100, green: 0 },
            failover: false,
        });
        for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
        haproxy = new Haproxy(folder);
        router = new HaproxyRouter({ folder, transport: haproxy.answer });
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test("the file comes before the socket, and raising before lowering", async () => {
        await router.hold(1_795_252_845_034);
        await router.setWeights({ blue: 0, green: 100 });
        await router.release();
        expect(haproxy.changes).toEqual([
            "set map /cutover/hold.map until 1795252845034 [file: until 1795252845034, 100/0]",
            "set server slots/green weight 100 [file: until 1795252845034, 0/100]",
            "set server slots/green state ready [file: until 1795252845034, 0/100]",
            "set server slots/blue weight 0 [file: until 1795252845034, 0/100]",
            "set server slots/blue state maint [file: until 1795252845034, 0/100]",
            "set map /cutover/hold.map until 0 [file: until 0, 0/100]",
        ]);
    });

    test.each([0, 1, 2, 3, 4, 5])(
        "down after %i changes: the same again ends the same",
        async (changes) => {
            haproxy.diesAt = changes;
            const all = async () => {
                await router.hold(1_795_252_845_034);
                await router.setWeights({ blue: 0, green: 100 });
                await router.release();
            };
            await expect(all()).rejects.toThrow(
                "next: start the router: it begins with what was just written to its files",
            );
            haproxy.diesAt = Number.POSITIVE_INFINITY;
            await all();
            expect(await router.observe()).toMatchObject({
                holding: false,
                slots: { blue: { weight: 0 }, green: { weight: 100 } },
            });
        },
    );

    test("reapply: a hold first, a release last", async () => {
        writeFileSync(join(folder, "hold.map"), "until 5\n");
        haproxy.weights = { blue: 50, green: 50 };
        haproxy.disabled.clear();
        await router.reapply();
        expect(haproxy.changes.map((line) => line.split(" [")[0])).toEqual([
            "set map /cutover/hold.map until 5",
            "set server slots/blue weight 100",
            "set server slots/blue state ready",
            "set server slots/green weight 0",
            "set server slots/green state maint",
        ]);
    });

    test("weight 0 by hand is not enough: the slot is taken out too", async () => {
        haproxy.disabled.clear();
        await router.reapply();
        expect(haproxy.disabled).toEqual(new Set(["green"]));
    });

    test("what is read back must be what was set", async () => {
        const deaf = new HaproxyRouter({
            folder,
            transport: async (line) => (line.startsWith("set") ? "\n" : haproxy.answer(line)),
        });
        await expect(deaf.hold(5)).rejects.toThrow("the router has hold 0 after it was set to 5");
        await expect(deaf.setWeights({ blue: 0, green: 100 })).rejects.toThrow(
            "the router has blue at 100 after it was set to 0",
        );
    });

    test("a refusal of HAProxy's is an error with its words", async () => {
        const refusing = new HaproxyRouter({
            folder,
            transport: async (line) =>
                line.startsWith("set") ? "Permission denied\n\n" : haproxy.answer(line),
        });
        await expect(refusing.hold(5)).rejects.toThrow(
            'the router refused "set map /cutover/hold.map until 5"\n  | Permission denied',
        );
    });

    test.each([0, -1, 1.5, Number.NaN])("%s is no deadline", async (deadline) => {
        await expect(router.hold(deadline)).rejects.toThrow(
            `a hold's deadline is a wall time in milliseconds: ${deadline} is none`,
        );
        expect(haproxy.changes).toEqual([]);
    });

    test("without its folder it can be observed, not changed", async () => {
        const observer = new HaproxyRouter({ transport: haproxy.answer });
        expect((await observer.observe()).slots.blue?.weight).toBe(100);
        await expect(observer.release()).rejects.toThrow(
            "the router can only be observed from here: its control folder is not mounted",
        );
    });

    test("a map entry that is gone counts as a hold: nothing is let through by not knowing", async () => {
        const gone = new HaproxyRouter({
            folder,
            transport: async (line) =>
                (await haproxy.answer(line)).replace("until 0", "something else"),
        });
        expect((await gone.observe()).holding).toBe(true);
    });
});
