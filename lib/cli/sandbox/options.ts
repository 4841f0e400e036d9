import { parseArgs } from "node:util";
import { Failure } from "#bootstrap/failures";

export const USAGE = `npm run sandbox -- [options]     a local AWS on this machine's loopback address

  --port N             listen there (default: any free port, the same one again next time)
  --mqtt-port N|off    where devices connect (default: the last one, else 8883 or any free port)
  --standard-ports     also listen on 443 and 8443, and on 8883 alone, as AWS does
  --strict             treat devices as AWS does at its worst (SNI, refused subscriptions, excess)
  --ephemeral          keep nothing: an empty AWS that is gone when it stops
  --quotas aws|off     AWS's own request quotas (default), or none
  --auth sigv4|off     check signatures (default), or let any keys in
  --speed N            let its time run N times as fast (1 to 10,000); needs --ephemeral
  --index-lag SECONDS  how late searches and dynamic groups are (0 to 3600, default 1.5); on AWS minutes happen
  --calls FILE         write each call as it is answered, a line of JSON each: service, operation, status, error
  --stop               stop the sandbox of this project that runs in the background
  --reset              show what it holds and empty it (with --yes: without asking)
  --help`;

/** How a sandbox is to run. */
export interface Options {
  readonly port: number | undefined;
  /** Undefined for whichever is free. */
  readonly mqttPort: number | "off" | undefined;
  readonly hasStandardPorts: boolean;
  /** Devices are treated as severely as AWS does at its worst. */
  readonly isStrict: boolean;
  readonly isEphemeral: boolean;
  readonly isBackground: boolean;
  readonly quotas: "aws" | "off";
  readonly auth: "sigv4" | "off";
  readonly speed: number;
  /** Milliseconds; undefined for the sandbox's own. */
  readonly indexLagMs: number | undefined;
  /** A file to which each call is added as a line of JSON. */
  readonly calls: string | undefined;
}

/** What `npm run sandbox` was asked for. */
export interface Wish {
  readonly verb: "run" | "stop" | "reset" | "help";
  /** `--yes`: do it without asking. */
  readonly isSure: boolean;
  readonly options: Options;
}

/** @throws Failure with the rule that an option breaks */
export function readOptions(args: readonly string[]): Wish {
  const { values } = parse(args);
  const options: Options = {
    port: values.port === undefined ? undefined : portOf("--port", values.port),
    mqttPort: mqttPortOf(values["mqtt-port"], values["standard-ports"]),
    hasStandardPorts: values["standard-ports"],
    isStrict: values.strict,
    isEphemeral: values.ephemeral,
    isBackground: values.background,
    quotas: oneOf("--quotas", values.quotas, ["aws", "off"]),
    auth: oneOf("--auth", values.auth, ["sigv4", "off"]),
    speed: speedOf(values.speed, values.ephemeral),
    indexLagMs: values["index-lag"] === undefined ? undefined : lagOf(values["index-lag"]),
    calls: values.calls,
  };
  const { help, stop, reset, yes: isSure } = values;
  return { verb: help ? "help" : stop ? "stop" : reset ? "reset" : "run", isSure, options };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        "mqtt-port": { type: "string" },
        "standard-ports": { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        ephemeral: { type: "boolean", default: false },
        quotas: { type: "string", default: "aws" },
        auth: { type: "string", default: "sigv4" },
        speed: { type: "string", default: "1" },
        "index-lag": { type: "string" },
        calls: { type: "string" },
        background: { type: "boolean", default: false },
        stop: { type: "boolean", default: false },
        reset: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new Failure((error as Error).message, USAGE);
  }
}

function mqttPortOf(text: string | undefined, isStandard: boolean): Options["mqttPort"] {
  if (isStandard) {
    if (text === undefined || text === "8883") return 8883;
    throw wrong(`--standard-ports has 8883 for MQTT, --mqtt-port asks for "${text}".`);
  }
  return text === undefined || text === "off" ? text : portOf("--mqtt-port", text);
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw wrong(`${option} takes a number from 0 to 65535, got "${text}".`);
}

function speedOf(text: string, isEphemeral: boolean): number {
  const speed = Number(text);
  if (!(speed >= 1 && speed <= 10_000)) {
    throw wrong(`--speed takes a number from 1 to 10,000, got "${text}".`);
  }
  if (speed !== 1 && !isEphemeral) {
    throw wrong(
      "--speed needs --ephemeral: data that is kept would be from the future at the next start.",
    );
  }
  return speed;
}

function lagOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds <= 3_600) return seconds * 1_000;
  throw wrong(`--index-lag takes a number of seconds from 0 to 3600, got "${text}".`);
}

function oneOf<T extends string>(option: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === given);
  if (found === undefined) {
    throw wrong(`${option} takes ${allowed.join(" or ")}, got "${given}".`);
  }
  return found;
}

function wrong(rule: string): Failure {
  return new Failure(rule, "All options: npm run sandbox -- --help");
}
