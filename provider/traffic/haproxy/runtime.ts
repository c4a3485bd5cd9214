import { CutoverError } from "../../engine/errors.js";
import { heldVariable, holdKey } from "./hold-lua.js";
import {
    parseMap,
    parseServersState,
    parseSessions,
    parseStat,
    parseVariable,
    type ServerRow,
    type SessionRow,
    type StatRow,
    splitReplies,
} from "./replies.js";
import type { Transport } from "./transport.js";

/** What the router says of itself, all in one answer. */
export interface RuntimeState {
    servers: ServerRow[];
    stat: StatRow[];
    /** As in hold.map: 0 lets requests pass. An entry that is gone counts as a hold that is over: nothing passes. */
    deadline: number;
    held: number;
}

/** HAProxy's runtime API, as far as the router needs it. Tried with HAProxy 2.6 and 3.0. */
export class Runtime {
    /** @param folder where the router sees its control folder */
    constructor(
        private readonly transport: Transport,
        private readonly folder: string,
    ) {}

    async state(): Promise<RuntimeState> {
        const commands = [
            "show servers state",
            "show stat",
            `show map ${this.folder}/hold.map`,
            `get var ${heldVariable}`,
        ];
        const text = await this.transport(commands.join(";"));
        const [servers, stat, map, held] = splitReplies(text, commands.length) as [
            string,
            string,
            string,
            string,
        ];
        return {
            servers: parseServersState(servers),
            stat: parseStat(stat),
            deadline: deadlineOf(parseMap(map).get(holdKey)),
            held: parseVariable(held),
        };
    }

    /** @param deadline milliseconds since 1970; 0 ends the hold */
    async setDeadline(deadline: number): Promise<void> {
        await this.silent(`set map ${this.folder}/hold.map ${holdKey} ${deadline}`);
    }

    async enable(backend: string, server: string, weight: number): Promise<void> {
        await this.silent(`set server ${backend}/${server} weight ${weight}`);
        await this.silent(`set server ${backend}/${server} state ready`);
    }

    async disable(backend: string, server: string): Promise<void> {
        await this.silent(`set server ${backend}/${server} weight 0`);
        await this.silent(`set server ${backend}/${server} state maint`);
    }

    async setAddress(
        backend: string,
        server: string,
        address: string,
        port: number,
    ): Promise<void> {
        const answer = await this.transport(
            `set server ${backend}/${server} addr ${address} port ${port}`,
        );
        const text = answer.trim();
        if (text === "" || /changed from|no need to change|nothing changed/.test(text)) return;
        throw refused(`set server ${backend}/${server} addr`, text);
    }

    async sessions(): Promise<SessionRow[]> {
        return parseSessions(await this.transport("show sess"));
    }

    async shutdownSessions(backend: string, server: string): Promise<void> {
        await this.silent(`shutdown sessions server ${backend}/${server}`);
    }

    /** A command that answers nothing when it worked. */
    private async silent(command: string): Promise<void> {
        const text = (await this.transport(command)).trim();
        if (text !== "") throw refused(command, text);
    }
}

function deadlineOf(value: string | undefined): number {
    return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : 1;
}

function refused(command: string, answer: string): CutoverError {
    return new CutoverError(`the router refused "${command}"`, {
        lastLines: answer.split("\n").slice(-5),
    });
}
