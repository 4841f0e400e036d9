import { readFileSync } from "node:fs";
import type * as Zmq from "zeromq";
import type { Cells } from "./cells.js";
import { tslabPart, tslabRequire } from "./tslab.js";

type Jupyter = ReturnType<typeof tslabPart<"jupyter">>;
type Server = InstanceType<Jupyter["ZmqServer"]>;
type Message = Parameters<Server["handleExecute"]>[1];
type Socket = Parameters<Server["handleExecute"]>[0];

const DELIMITER = "<IDS|MSG>";

/**
 * A Jupyter server of tslab's
 * - that listens only once its sockets are bound: a message that comes a moment earlier, as on a
 *   busy machine, ends tslab's loops, and the kernel never answers,
 * - that sends as many messages at once as a cell has lines: tslab's sockets throw at the 514th,
 * - whose status is true: one cell is busy at a time, and what is asked meanwhile (completion, help)
 *   does not make it idle,
 * - that answers inspection and completion when the checker has.
 *
 * @param connectionFile what Jupyter wrote: addresses and key
 */
export function createServer(
  cells: Cells,
  connectionFile: string,
): Server & { clearOutput(): void } {
  const { ZmqServer, JupyterHandlerImpl } = tslabPart("jupyter");

  class TrueServer extends ZmqServer {
    #running: Message | undefined;
    #turn: Promise<unknown> = Promise.resolve();

    override async init(): Promise<void> {
      this.connInfo = JSON.parse(readFileSync(this.configPath, "utf8")) as Server["connInfo"];
      const { transport, ip } = this.connInfo;
      const zmq = tslabRequire("zeromq") as typeof Zmq;
      const address = (port: number) => `${transport}://${ip}:${port}`;
      // Unless told not to wait, every 513th message is sent a moment later, and one that comes before
      // it is sent throws, in the middle of the learner's cell. Without a limit none is dropped.
      const now = { sendTimeout: 0, sendHighWaterMark: 0 };
      this.iopub = new zmq.Publisher(now);
      this.shell = new zmq.Router(now);
      this.control = new zmq.Router(now);
      this.stdin = new zmq.Router();
      this.hb = new zmq.Reply();
      await Promise.all([
        this.iopub.bind(address(this.connInfo.iopub_port)),
        this.shell.bind(address(this.connInfo.shell_port)),
        this.control.bind(address(this.connInfo.control_port)),
        this.stdin.bind(address(this.connInfo.stdin_port)),
        this.hb.bind(address(this.connInfo.hb_port)),
      ]);
      void this.#serve(this.shell);
      void this.#serve(this.control);
      void this.#echo();
    }

    async #serve(socket: Zmq.Router): Promise<void> {
      for await (const frames of socket) {
        this.handleShellMessage(socket, ...frames).catch((error: unknown) => {
          console.error("The kernel could not answer:", error);
        });
      }
    }

    async #echo(): Promise<void> {
      for await (const frames of this.hb) await this.hb.send(frames);
    }

    override async handleShellMessage(
      ...[socket, ...frames]: Parameters<Server["handleShellMessage"]>
    ): Promise<void> {
      const handle = () => super.handleShellMessage(socket, ...frames);
      if (typeOf(frames) !== "execute_request") return handle();
      const turn = this.#turn.then(handle);
      this.#turn = turn.catch(() => {});
      return turn;
    }

    override publishStatus(status: string, about: Message): void {
      super.publishStatus(status, about);
      if (about.header.msg_type === "execute_request") {
        this.#running = status === "busy" ? about : undefined;
      } else if (status === "idle" && this.#running) {
        super.publishStatus("busy", this.#running);
      }
    }

    /** Take back what the running cell has shown. */
    clearOutput(): void {
      const message = this.#running?.createReply();
      if (!message) return;
      message.header.msg_type = "clear_output";
      message.content = { wait: false };
      message.signAndSend(this.connInfo.key, this.iopub);
    }

    override handleInspect(socket: Socket, message: Message): void {
      const { code, cursor_pos } = message.content as Asked;
      const answer = cells.inspect(code, cursor_pos).then((text) => ({
        status: "ok",
        found: text !== undefined,
        data: text === undefined ? {} : { "text/plain": text },
        metadata: {},
      }));
      this.#reply(socket, message, "inspect_reply", answer);
    }

    override handleComplete(socket: Socket, message: Message): void {
      const { code, cursor_pos } = message.content as Asked;
      const answer = cells.complete(code, cursor_pos).then(({ start, end, candidates }) => ({
        status: "ok",
        matches: candidates,
        cursor_start: start,
        cursor_end: end,
        metadata: {},
      }));
      this.#reply(socket, message, "complete_reply", answer);
    }

    #reply(socket: Socket, message: Message, type: string, answer: Promise<object>): void {
      const reply = message.createReply();
      reply.header.msg_type = type;
      answer
        .catch((error: unknown) => ({ status: "error", ename: "Error", evalue: String(error) }))
        .then((content) => {
          reply.content = content;
          reply.signAndSend(this.connInfo.key, socket);
        })
        // The socket is closed: nobody waits for this any more.
        .catch(() => {});
    }
  }

  // Its own inspect and complete are never asked: the server answers those.
  const executor = cells as unknown as ConstructorParameters<Jupyter["JupyterHandlerImpl"]>[0];
  return new TrueServer(new JupyterHandlerImpl(executor, false), connectionFile);
}

interface Asked {
  readonly code: string;
  readonly cursor_pos: number;
}

function typeOf(frames: readonly Buffer[]): string | undefined {
  const delimiter = frames.findIndex((frame) => frame.equals(Buffer.from(DELIMITER)));
  const header = frames[delimiter + 2]?.toString();
  return header && (JSON.parse(header) as Message["header"]).msg_type;
}
