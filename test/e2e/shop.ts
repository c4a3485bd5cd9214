import { expect } from "vitest";
import { freePort } from "../free-port.js";
import { type Load, type LoadReport, startLoad } from "../load.js";
import { RunnerProcess } from "./runner-process.js";
import { type ServiceProgram, serviceProgram } from "./service.js";
import { docker, TestStack } from "./stack.js";

export type Slot = "blue" | "green";

/** What the service said. */
export interface Answer {
    status: number;
    slot: string | null;
    text: string;
}

/** Asks the service: GET, or POST with a body. */
export type Ask = (path: string, body?: string) => Promise<Answer>;

/** A running environment with the tests' service, and what its clients know of it. */
export class Shop {
    serving: Slot = "blue";
    private load: Load | undefined;
    private readonly acknowledged: string[] = [];
    private writes = 0;

    private constructor(
        readonly stack: TestStack,
        readonly port: number,
        private readonly settings: Partial<ServiceProgram>,
        readonly runner: RunnerProcess,
        private readonly ask: Ask,
    ) {}

    /**
     * Blue serves when it resolves.
     * @param askIn how its service is asked, by the prefix; by its port otherwise
     */
    static async open(
        settings: Partial<ServiceProgram> = {},
        askIn?: (prefix: string) => Ask,
    ): Promise<Shop> {
        const port = await freePort();
        const program = serviceProgram({ ...settings, port, weights: weightsOf("blue") });
        const stack = await new TestStack(program).init();
        try {
            await stack.must("up", "--yes", "--skip-preview");
            const prefix = stack.prefix("shop");
            const ask = askIn?.(prefix) ?? askPort(port);
            return new Shop(stack, port, settings, await RunnerProcess.of(prefix), ask);
        } catch (error) {
            await stack.cleanUp();
            throw error;
        }
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    get prefix(): string {
        return this.stack.prefix("shop");
    }

    get idle(): Slot {
        return this.serving === "blue" ? "green" : "blue";
    }

    /** The program with all weight on a slot. */
    declare(slot: Slot, settings: Partial<ServiceProgram> = {}): void {
        const weights = weightsOf(slot);
        const all = { ...this.settings, ...settings, port: this.port, weights };
        this.stack.program(serviceProgram(all));
    }

    /** Takes all weight to the idle slot; what the CLI said is the failure where it fails. */
    async handOver(settings: Partial<ServiceProgram> = {}): Promise<void> {
        const to = this.idle;
        this.declare(to, settings);
        await this.stack.must("up", "--yes", "--skip-preview");
        await this.expectServing(to);
    }

    /** GETs and POSTs, so many a second; what is acknowledged has to be there ever after. */
    startClients(rate = 60): void {
        this.load = startLoad({
            port: this.port,
            connections: 8,
            rate,
            request: (index) =>
                index % 2 === 0
                    ? { method: "GET", path: "/" }
                    : { method: "POST", path: "/", body: `w${++this.writes} ${"x".repeat(500)}` },
            onAnswer: (_, { body }) => {
                if (body !== undefined) this.acknowledged.push(keyOf(body));
            },
        });
    }

    /** One write, acknowledged. */
    async write(): Promise<void> {
        const body = `w${++this.writes}`;
        expect(await this.ask("/", body)).toMatchObject({ status: 200 });
        this.acknowledged.push(body);
    }

    async stopClients(): Promise<LoadReport> {
        if (!this.load) throw new Error("there are no clients");
        const report = await this.load.stop();
        this.load = undefined;
        return report;
    }

    /** The slot that answers now, and only its containers run. */
    async expectServing(slot: Slot): Promise<void> {
        expect(await this.ask("/")).toMatchObject({ status: 200, slot });
        expect(await this.runningSlots()).toEqual([slot]);
        this.serving = slot;
    }

    /** Slots with containers that run. */
    async runningSlots(): Promise<string[]> {
        const filters = ["--filter", `label=cutover.prefix=${this.prefix}`];
        const format = ["--format", '{{.Label "cutover.slot"}}'];
        const text = await docker(
            "ps",
            ...filters,
            "--filter",
            "label=cutover.role=slot",
            ...format,
        );
        return text.split("\n").filter((slot) => slot !== "");
    }

    /** Every acknowledged write is there once, and nothing else but what `others` names. */
    async expectData(others: readonly string[] = []): Promise<void> {
        const { text } = await this.ask("/log");
        const kept = text.split("\n").filter((line) => line !== "");
        expect(kept.map(keyOf).sort()).toEqual([...this.acknowledged, ...others].sort());
    }

    async close(): Promise<void> {
        await this.load?.stop();
        await this.stack.cleanUp();
    }
}

function askPort(port: number): Ask {
    return async (path, body) => {
        const post = body === undefined ? {} : { method: "POST", body };
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, post);
        const slot = answer.headers.get("x-slot");
        return { status: answer.status, slot, text: await answer.text() };
    };
}

const keyOf = (text: string) => text.split(" ", 1)[0] ?? "";

function weightsOf(slot: Slot): { blue: number; green: number } {
    return slot === "blue" ? { blue: 100, green: 0 } : { blue: 0, green: 100 };
}
