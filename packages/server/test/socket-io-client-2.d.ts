/**
 * What the tests use of Socket.IO's client of version 2, which brings no types.
 */
declare module "socket.io-client-2" {
  interface Client {
    // biome-ignore lint/suspicious/noExplicitAny: as its makers have it
    on(name: string, listener: (...args: any[]) => void): void;
    // biome-ignore lint/suspicious/noExplicitAny: as its makers have it
    once(name: string, listener: (...args: any[]) => void): void;
    emit(name: string, ...args: unknown[]): void;
    close(): void;
  }
  export default function io(url: string, options: object): Client;
}
