using System.IO.Pipelines;
using System.Net.WebSockets;
using Hydra.Http;

namespace Hydra.Tests.Http;

/// <summary>Both ends of a WebSocket's connection, in memory.</summary>
internal sealed class SessionPair : IDisposable
{
    public SessionPair()
    {
        // Little room, so that a client that does not read is noticed soon.
        var up = new Pipe();
        var down = new Pipe(new PipeOptions(pauseWriterThreshold: 1024, resumeWriterThreshold: 512));
        ServerStream = new ClosingStream(new Duplex(up.Reader, down.Writer));
        Server = WebSocket.CreateFromStream(ServerStream, new WebSocketCreationOptions { IsServer = true });
        Client = WebSocket.CreateFromStream(new ClosingStream(new Duplex(down.Reader, up.Writer)), new WebSocketCreationOptions { IsServer = false });
        Sent = up.Writer;
    }

    public ClosingStream ServerStream { get; }

    public WebSocket Server { get; }

    public WebSocket Client { get; }

    /// <summary>Where the client's bytes go.</summary>
    public PipeWriter Sent { get; }

    /// <summary>The client's next message.</summary>
    public async Task<(string Text, WebSocketMessageType Type)> ReceiveAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        int count = 0;
        ValueWebSocketReceiveResult received;
        do
        {
            received = await Client.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            count += received.Count;
        }
        while (!received.EndOfMessage);

        return (System.Text.Encoding.UTF8.GetString(buffer, 0, count), received.MessageType);
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
