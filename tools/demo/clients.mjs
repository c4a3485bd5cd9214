// Clients that read and write calendars all the time, and remember every answer.
import { CalendarConnection, eventsIn } from "./calendar.mjs";

const CLIENTS = 8;
/** Between two requests of one client: all together about a hundred a second. */
const PAUSE_MS = 70;

/**
 * @typedef {{ summary: string, writtenAt: number }} Written an event as it was last acknowledged
 */

export class Clients {
    sent = 0;
    writes = 0;
    /** @type {string[]} */
    failures = [];
    longestWait = 0;
    /** Answers, by the program that gave them. @type {Map<string, number>} */
    servers = new Map();
    #stopping = false;
    #clients;
    /** @type {Promise<unknown> | undefined} */
    #running;

    /** @param {string} origin */
    constructor(origin) {
        this.#clients = Array.from(
            { length: CLIENTS },
            (_, index) => new Client(index, origin, this),
        );
    }

    get count() {
        return this.#clients.length;
    }

    /** Makes a calendar for each, and begins. */
    async start() {
        for (const client of this.#clients) await client.makeCalendar();
        this.#running = Promise.all(
            this.#clients.map((client) => client.run(() => this.#stopping)),
        );
    }

    /** No new requests; open ones are waited for. */
    async stop() {
        this.#stopping = true;
        await this.#running;
        for (const client of this.#clients) client.close();
    }

    /** All events that the server said it has, by path. @returns {Map<string, Written>} */
    get written() {
        return new Map(this.#clients.flatMap((client) => [...client.written]));
    }

    /**
     * Asks for all calendars once more.
     *
     * @returns {Promise<string[]>} what is missing or not as it was last written
     */
    async missing() {
        const found = await Promise.all(this.#clients.map((client) => client.missing()));
        return found.flat();
    }
}

class Client {
    /** @type {Map<string, Written>} */
    written = new Map();
    /** @type {string[]} */
    #paths = [];
    #calendar;
    #name;
    #connection;
    #all;
    #origin;

    /**
     * @param {number} index
     * @param {string} origin
     * @param {Clients} all
     */
    constructor(index, origin, all) {
        this.#name = `client-${index + 1}`;
        this.#calendar = `/demo/${this.#name}/`;
        this.#connection = new CalendarConnection(origin);
        this.#origin = origin;
        this.#all = all;
    }

    async makeCalendar() {
        const { status } = await this.#connection.makeCalendar(this.#calendar);
        if (status !== 201) throw new Error(`MKCALENDAR ${this.#calendar} answered ${status}`);
    }

    /** @param {() => boolean} stopping */
    async run(stopping) {
        for (let turn = 0; !stopping(); turn++) {
            await this.#take(turn);
            await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
    }

    /** Writes, reads what was written, edits, lists. @param {number} turn */
    #take(turn) {
        const newest = this.#paths.at(-1);
        if (newest === undefined || turn % 5 === 0) {
            const uid = `${this.#name}-${this.#paths.length + 1}`;
            return this.#write(`${this.#calendar}${uid}.ics`, "as it was first written");
        }
        if (turn % 5 === 1) return this.#read(newest);
        if (turn % 5 === 2)
            return this.#write(
                this.#paths[turn % this.#paths.length] ?? newest,
                `edited in turn ${turn}`,
            );
        if (turn % 5 === 3)
            return this.#count(
                "PROPFIND",
                this.#calendar,
                () => this.#connection.describe(this.#calendar),
                [207],
            );
        return this.#readSome(this.#paths.slice(-5));
    }

    /**
     * @param {string} path
     * @param {string} what
     */
    async #write(path, what) {
        const uid = uidOf(path);
        const answer = await this.#count(
            "PUT",
            path,
            () => this.#connection.put(path, uid, what),
            [201, 204],
        );
        this.#all.writes++;
        if (!answer) return;
        if (!this.written.has(path)) this.#paths.push(path);
        this.written.set(path, { summary: what, writtenAt: Date.now() });
    }

    /** @param {string} path */
    async #read(path) {
        const answer = await this.#count("GET", path, () => this.#connection.get(path), [200]);
        if (answer) this.#compare([path], answer.body);
    }

    /** @param {string[]} paths */
    async #readSome(paths) {
        const ask = () => this.#connection.getSome(this.#calendar, paths);
        const answer = await this.#count("REPORT", this.#calendar, ask, [207]);
        if (answer) this.#compare(paths, answer.body);
    }

    /**
     * An answer that is not what was last written is a failed request.
     *
     * @param {string[]} paths
     * @param {string} body
     */
    #compare(paths, body) {
        const wrong = this.#differences(paths, body);
        if (wrong.length > 0) this.#fail(`an answer was not what was written: ${wrong[0]}`);
    }

    /**
     * @param {Iterable<string>} paths
     * @param {string} body
     */
    #differences(paths, body) {
        const events = eventsIn(body);
        return [...paths].filter(
            (path) => events.get(uidOf(path)) !== this.written.get(path)?.summary,
        );
    }

    async missing() {
        const connection = new CalendarConnection(this.#origin);
        try {
            const { status, body } = await connection.getAll(this.#calendar);
            if (status !== 207) return [`${this.#calendar} answered ${status}`];
            return this.#differences(this.written.keys(), body);
        } finally {
            connection.close();
        }
    }

    /**
     * @param {string} method
     * @param {string} path
     * @param {() => Promise<import("./calendar.mjs").Answer>} ask
     * @param {number[]} good
     */
    async #count(method, path, ask, good) {
        this.#all.sent++;
        const began = performance.now();
        try {
            const answer = await ask();
            this.#all.servers.set(answer.server, (this.#all.servers.get(answer.server) ?? 0) + 1);
            if (good.includes(answer.status)) return answer;
            this.#fail(`${method} ${path} answered ${answer.status}`);
        } catch (error) {
            this.#fail(`${method} ${path}: ${error instanceof Error ? error.message : error}`);
        } finally {
            this.#all.longestWait = Math.max(this.#all.longestWait, performance.now() - began);
        }
        return undefined;
    }

    /** @param {string} what */
    #fail(what) {
        this.#all.failures.push(`${new Date().toISOString()} ${what}`);
    }

    close() {
        this.#connection.close();
    }
}

/** @param {string} path */
function uidOf(path) {
    return path.slice(path.lastIndexOf("/") + 1, -".ics".length);
}
