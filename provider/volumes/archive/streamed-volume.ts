import type { Attributes } from "../attributes.js";
import { kinds, Manifest } from "../manifest.js";
import { type BytePath, escapeName, parentPath } from "../names.js";
import { ContentDigest } from "./content-digest.js";
import { damaged } from "./format.js";
import type { DigestedSide } from "./manifest-text.js";
import { SparseContent } from "./sparse-content.js";
import type { TarMember } from "./tar-reader.js";

const kindOf: Readonly<Record<string, number>> = {
    0: kinds.file,
    2: kinds.symlink,
    3: kinds.char,
    4: kinds.block,
    5: kinds.directory,
    6: kinds.fifo,
};

/**
 * A volume as it goes by in a tar, in the form in which both sides of a copy are compared. Refuses every member that could
 * lead out of the volume: a name is taken only below a folder that was seen as one.
 */
export class StreamedVolume implements DigestedSide {
    readonly manifest = new Manifest();
    readonly attributes: Attributes = new Map();
    readonly digests = new Map<number, string>();
    /** Bytes of content, holes not counted. */
    bytes = 0;
    private readonly entries = new Map<BytePath, number>();
    private current: { at: number; digest: ContentDigest; sparse?: SparseContent } | undefined;
    private position = 0;

    /** @param name its folder in the archive */
    constructor(readonly name: string) {}

    member(member: TarMember): void {
        const path = this.below(member.path);
        this.refuseStray(path);
        if (member.type === "1") this.link(path, this.below(member.link));
        else this.add(path, member);
    }

    data(bytes: Buffer): void {
        this.bytes += bytes.length;
        if (!this.current) return;
        if (this.current.sparse) this.current.sparse.push(bytes);
        else this.current.digest.add(this.position, bytes);
        this.position += bytes.length;
    }

    memberEnd(): void {
        if (!this.current) return;
        this.current.sparse?.end();
        this.digests.set(this.current.at, this.current.digest.end());
        this.current = undefined;
    }

    private below(path: BytePath): BytePath {
        if (path === this.name) return "";
        if (!path.startsWith(`${this.name}/`)) throw strayed(path);
        return path.slice(this.name.length + 1);
    }

    private refuseStray(path: BytePath): void {
        if (path.split("/").some((part) => part === "." || part === "..")) throw strayed(path);
        if (this.entries.has(path)) throw damaged(`${escapeName(path)} is in it twice`);
        const above = parentPath(path);
        const folder = above === undefined ? undefined : this.entries.get(above);
        if (above === undefined ? this.entries.size > 0 : folder === undefined) throw strayed(path);
        if (folder !== undefined && !this.manifest.isDirectory(folder)) throw strayed(path);
    }

    private add(path: BytePath, member: TarMember): void {
        const kind = kindOf[member.type] as number;
        if (path === "" && kind !== kinds.directory) throw strayed(path);
        const at = this.manifest.add(path, {
            kind,
            mode: member.mode,
            uid: member.uid,
            gid: member.gid,
            size: member.size,
            blocks: Math.ceil(member.stored / 512),
            links: 1,
            inodeHigh: 0,
            inodeLow: this.entries.size,
            mtimeSeconds: member.mtimeSeconds,
            mtimeNanos: member.mtimeNanos,
            ctimeSeconds: 0,
            ctimeNanos: 0,
        });
        this.entries.set(path, at);
        if (member.attributes !== undefined) this.attributes.set(path, member.attributes);
        if (kind === kinds.symlink) this.manifest.targets.set(at, member.link);
        if (kind === kinds.char || kind === kinds.block)
            this.manifest.devices.set(at, deviceNumber(member.major, member.minor));
        if (kind !== kinds.file) return;
        const digest = new ContentDigest(member.size);
        const sparse = member.sparse
            ? new SparseContent(member.size, (offset, bytes) => digest.add(offset, bytes))
            : undefined;
        this.current = { at, digest, ...(sparse ? { sparse } : {}) };
        this.position = 0;
    }

    /** The same inode under another name: everything of it is known. */
    private link(path: BytePath, target: BytePath): void {
        const { manifest } = this;
        const leader = this.entries.get(target);
        if (leader === undefined || manifest.isDirectory(leader))
            throw damaged(`${escapeName(path)} is a link to nothing that is in it`);
        manifest.links[leader] = 2;
        const at = manifest.add(path, manifest.stat(leader));
        this.entries.set(path, at);
        const [text, device] = [manifest.targets.get(leader), manifest.devices.get(leader)];
        const [attributes, digest] = [this.attributes.get(target), this.digests.get(leader)];
        if (text !== undefined) manifest.targets.set(at, text);
        if (device !== undefined) manifest.devices.set(at, device);
        if (attributes !== undefined) this.attributes.set(path, attributes);
        if (digest !== undefined) this.digests.set(at, digest);
    }
}

function strayed(path: BytePath) {
    return damaged(`${escapeName(path)} is not in a folder of a volume`);
}

/** As `stat` has it (makedev(3) of Linux). */
function deviceNumber(major: number, minor: number): string {
    const [a, b] = [BigInt(major), BigInt(minor)];
    const low = (b & 0xffn) | ((a & 0xfffn) << 8n);
    return String(low | ((b & ~0xffn) << 12n) | ((a & ~0xfffn) << 32n));
}
