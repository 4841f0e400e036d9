import { cbor } from "@smithy/core/cbor";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import type { MqttConnection } from "../../aws/mqtt/connection.js";
import { redactText } from "../../aws/redact.js";
import { accepted } from "./rejected.js";

/*
 * Commands as a connected device sees them: it is told what to do at once, and says how that went.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-execution-start-monitor.html
 */

/** A command that a vehicle is to carry out now: one execution of it. */
export interface DeviceCommand {
  readonly thing: string;
  readonly executionId: string;
  /** The command's payload: a document when it is JSON or CBOR, else its bytes. */
  readonly payload: unknown;
}

/** What a device may say of a command. All but `IN_PROGRESS` end the execution. */
const COMMAND_STATUSES = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT"] as const;

/** One outcome of a command, by its type: a text, a truth, or bytes. */
export type CommandResult =
  | { readonly s: string }
  | { readonly b: boolean }
  | { readonly bin: Uint8Array };

/** What a vehicle says of a command. */
export interface CommandReport {
  readonly status: (typeof COMMAND_STATUSES)[number];
  readonly statusReason?: {
    /** 1 to 64 of `A`–`Z`, `0`–`9`, `_` and `-`: `BATTERY_LOW`. */
    readonly reasonCode: string;
    /** At most 1,024 characters, none of them a control character. */
    readonly reasonDescription?: string;
  };
  /** Replaces what was reported before; at least one. */
  readonly result?: Readonly<Record<string, CommandResult>>;
}

/** What a listener makes of a command: its report, now or later, or nothing yet. */
export type CommandAnswer = CommandReport | void;

/** A connected vehicle's commands. */
export interface VehicleCommands {
  /**
   * Carry out commands, each execution once, as they come: AWS IoT sends none again that came while
   * nobody listened. What the listener returns is reported. One that returns nothing reports by itself,
   * with `reportCommand()`, before the execution's time is over.
   *
   * What it throws is reported as FAILED, with the reason LISTENER_FAILED. A payload that cannot be
   * read never reaches it: that is reported as REJECTED, with INVALID_PAYLOAD. A report that AWS IoT
   * does not take, such as one after the end, is told in a line.
   *
   * @returns how to stop
   */
  onCommand(
    listener: (command: DeviceCommand) => CommandAnswer | Promise<CommandAnswer>,
  ): Promise<() => void>;
  /**
   * Say how far a command is, or how it ended, and wait until AWS IoT has taken that.
   *
   * One that AWS IoT has given up in the meantime (TIMED_OUT) still takes how it ended.
   *
   * @throws InvalidInputError when there is no such status, or a reason's code or the result is illegal
   * @throws RejectedError when AWS IoT does not take it: the execution has ended, or is of somebody else
   */
  reportCommand(command: Pick<DeviceCommand, "executionId">, report: CommandReport): Promise<void>;
}

export function commandsOf(
  fleet: Fleet,
  thing: string,
  connection: MqttConnection,
): VehicleCommands {
  const executions = `$aws/commands/things/${thing}/executions`;
  /** The last report of each execution that is under way. */
  const turns = new Map<string, Promise<void>>();

  const send = async (executionId: string, report: object): Promise<void> => {
    await connection.subscribe([
      `${executions}/+/response/accepted/json`,
      `${executions}/+/response/rejected/json`,
    ]);
    const topic = `${executions}/${executionId}/response`;
    const answer = await connection.request(`${topic}/json`, report, {
      accepted: `${topic}/accepted/json`,
      rejected: `${topic}/rejected/json`,
    });
    accepted(answer);
  };
  /** One after the other: the answers to two at once could not be told apart. */
  const reportCommand: VehicleCommands["reportCommand"] = async ({ executionId }, report) => {
    const document = reportDocument(report);
    const turn = (turns.get(executionId) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => send(executionId, document));
    turns.set(executionId, turn);
    try {
      await turn;
    } finally {
      if (turns.get(executionId) === turn) turns.delete(executionId);
    }
  };

  return {
    reportCommand,
    async onCommand(listener) {
      // AWS IoT may send a message a second time, and a car that locks twice is a car that honks twice.
      const heard = new Set<string>();
      const carryOut = async (executionId: string, read: () => unknown): Promise<CommandAnswer> => {
        let payload: unknown;
        try {
          payload = read();
        } catch (error) {
          return because("REJECTED", "INVALID_PAYLOAD", error);
        }
        try {
          return await listener({ thing, executionId, payload });
        } catch (error) {
          return because("FAILED", "LISTENER_FAILED", error);
        }
      };
      const stop = connection.listen((topic, bytes) => {
        const [, executionId, format] = REQUEST.exec(topic.slice(executions.length)) ?? [];
        if (!topic.startsWith(executions) || executionId === undefined) return;
        if (heard.has(executionId)) return;
        heard.add(executionId);
        const read = () => documentOf(bytes, format);
        carryOut(executionId, read)
          .then((report) => report && reportCommand({ executionId }, report))
          .catch((error: unknown) => {
            const told = `${thing}, on the command execution ${executionId}: ${String(error)}`;
            fleet.output.line(redactText(told));
          });
      });
      try {
        await connection.subscribe([
          `${executions}/+/request/json`,
          `${executions}/+/request/cbor`,
          `${executions}/+/request`,
        ]);
      } catch (error) {
        stop();
        throw error;
      }
      return stop;
    },
  };
}

/** What of a topic comes behind `executions`. */
const REQUEST = /^\/([^/]+)\/request(?:\/(json|cbor))?$/;

function documentOf(bytes: Uint8Array, format: string | undefined): unknown {
  if (format === "json") return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (format === "cbor") return cbor.deserialize(bytes);
  return bytes;
}

function because(status: "FAILED" | "REJECTED", reasonCode: string, error: unknown): CommandReport {
  const reasonDescription = redactText(error instanceof Error ? error.message : String(error))
    .replace(/\p{C}+/gu, " ")
    .slice(0, MOST_DESCRIPTION);
  return { status, statusReason: { reasonCode, reasonDescription } };
}

const MOST_DESCRIPTION = 1024;

/** As AWS IoT takes it, or what is wrong with it in words that name the way out. */
function reportDocument({ status, statusReason, result }: CommandReport): object {
  if (!COMMAND_STATUSES.includes(status)) {
    throw new InvalidInputError(
      "a command's status",
      status,
      `be one of ${COMMAND_STATUSES.join(", ")}`,
    );
  }
  if (statusReason && !/^[A-Z0-9_-]{1,64}$/.test(statusReason.reasonCode)) {
    throw new InvalidInputError(
      "the code of a reason",
      statusReason.reasonCode,
      "be 1 to 64 capital letters, digits, _ or -, as in BATTERY_LOW",
    );
  }
  const { reasonDescription = "" } = statusReason ?? {};
  if (reasonDescription.length > MOST_DESCRIPTION || /\p{C}/u.test(reasonDescription)) {
    throw new InvalidInputError(
      "the description of a reason",
      reasonDescription,
      `be at most ${MOST_DESCRIPTION} characters, without control characters`,
    );
  }
  return {
    status,
    ...(statusReason && { statusReason }),
    ...(result && { result: Object.fromEntries(Object.entries(result).map(written)) }),
  };
}

/** JSON has no bytes: they go in base64. */
function written([name, value]: [string, CommandResult]): [string, object] {
  const { s, b, bin } = value as {
    readonly s?: unknown;
    readonly b?: unknown;
    readonly bin?: unknown;
  };
  if (typeof s === "string") return [name, { s }];
  if (typeof b === "boolean") return [name, { b }];
  if (bin instanceof Uint8Array) return [name, { bin: Buffer.from(bin).toString("base64") }];
  throw new InvalidInputError(
    `the result ${name}`,
    value,
    "be { s: a text }, { b: true or false } or { bin: bytes }",
  );
}
