import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { formatProblem } from "../../provider/engine/errors.js";
import { refuseSecrets } from "../../provider/resources/secret-leaves.js";

function said(args: unknown): Promise<string[]> {
    return new Promise((done) => {
        refuseSecrets(args).apply((problems) => done(problems.map(formatProblem)));
    });
}

const rest =
    "is secret, and plans, journals and the router would hold it in clear; write it in the open, or use pulumi.unsecret where it is no secret";

test("secrets are refused by path, at any depth, and printed nowhere", async () => {
    const args = {
        health: { path: pulumi.secret("/open-sesame") },
        traffic: { networks: ["proxy", pulumi.secret("hidden")] },
        docker: pulumi.secret({ host: "ssh://a" }),
    };
    expect(await said(args)).toEqual([
        `health.path: ${rest}`,
        `traffic.networks[1]: ${rest}`,
        `docker: ${rest}`,
    ]);
});

test("what is in the open passes, and what holds itself is not walked", async () => {
    class Loop {
        readonly self = this;
    }
    const args = {
        path: pulumi.output("/"),
        again: pulumi.unsecret(pulumi.secret("a")),
        loop: new Loop(),
    };
    expect(await said(args)).toEqual([]);
});
