using System.IO.Pipelines;
using System.Net.WebSockets;
using Hydra.Http;

namespace Hydra.Tests.Http;

/// <summary>Both ends of a WebSocket's connection, in memory: .NET's client, and what the front reads and writes.</summary>
internal sealed class SessionPair : IDisposable
{
    private readonly Pipe _up = new();

    // Little room, so that a client that does not read is noticed soon.
    private readonly Pipe _down = new(new PipeOptions(pauseWriterThreshold: 1024, resumeWriterThreshold: 512));

    public SessionPair(bool deflates = false)
    {
        Wire = new SessionWire(_down.Writer);
        Client = WebSocket.CreateFromStream(new PipeStream(_down.Reader, _up.Writer), new WebSocketCreationOptions
        {
            IsServer = false,
            DangerousDeflateOptions = deflates ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null,
        });
    }

    /// <summary>What the client sends.</summary>
    public PipeReader Input => _up.Reader;

    /// <summary>Where its bytes go.</summary>
    public PipeWriter Sent => _up.Writer;

    /// <summary>What the client gets, for who reads it instead.</summary>
    public PipeReader Got => _down.Reader;

    /// <summary>What the server sends with.</summary>
    public SessionWire Wire { get; }

    public WebSocket Client { get; }

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

    /// <summary>The server's connection is over: writing to it throws.</summary>
    public ValueTask CompleteAsync() => _down.Writer.CompleteAsync();

    public void Dispose() => Client.Dispose();

    private sealed class PipeStream(PipeReader input, PipeWriter output) : Stream
    {
        private readonly Stream _input = input.AsStream();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => _input.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            => await output.WriteAsync(buffer, cancellationToken);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
