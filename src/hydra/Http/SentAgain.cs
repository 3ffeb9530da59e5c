using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Http;

/// <summary>A request of which the front has everything, on its way to a worker without a client: what comes back is kept, up to a bound.</summary>
internal sealed class SentAgain : IDisposable
{
    private readonly ClientConnection _connection;
    private readonly CancellationTokenSource _end;
    private readonly BoundedCopy _body;

    /// <summary>Makes one.</summary>
    /// <param name="request">Method, target, fields and protocol.</param>
    /// <param name="body">Its body; empty for none.</param>
    /// <param name="facts">By which way it has come.</param>
    /// <param name="handler">Who has it.</param>
    /// <param name="time">How long it may take.</param>
    /// <param name="most">Bytes of the response's body that are kept.</param>
    public SentAgain(HttpRequestFeature request, byte[] body, RequestFacts facts, RequestHandler handler, TimeSpan time, int most)
    {
        _end = new CancellationTokenSource(time);
        _body = new BoundedCopy(most);
        request.Body = new MemoryStream(body);
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpRequestBodyDetectionFeature>(new HasBody(body.Length > 0));
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_body));
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = _end.Token });

        // Many at a time: each has a lifetime of its own, and its head comes as fields.
        _connection = new ClientConnection(new DefaultConnectionContext(), isMultiplexed: true, handler);
        features.Set(_connection);
        Context = new RequestContext(features);
        Context.Begin(features);
        Context.Facts = facts;
    }

    /// <summary>The request, which has begun.</summary>
    public RequestContext Context { get; }

    /// <summary>What has come of the response's body.</summary>
    public byte[] Body => _body.ToArray();

    /// <summary>Whether there was more of it.</summary>
    public bool IsCut => _body.IsCut;

    /// <inheritdoc/>
    public void Dispose()
    {
        Context.End();
        _connection.Dispose();
        _end.Dispose();
        _body.Dispose();
    }

    private sealed class HasBody(bool has) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => has;
    }

    // Not a MemoryStream's heir: that hands spans to arrays, and arrays to spans.
    private sealed class BoundedCopy(int most) : Stream
    {
        private readonly MemoryStream _kept = new();

        public bool IsCut { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public byte[] ToArray() => _kept.ToArray();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int room = most - (int)_kept.Length;
            IsCut |= buffer.Length > room;
            _kept.Write(buffer[..Math.Min(room, buffer.Length)]);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            _kept.Dispose();
            base.Dispose(disposing);
        }
    }
}
