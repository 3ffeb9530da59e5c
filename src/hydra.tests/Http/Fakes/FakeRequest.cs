using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Tests.Http.Fakes;

/// <summary>
/// A request without a server: an <see cref="HttpContext"/> with the features that the code asks Kestrel for. The test sends the body,
/// reads the response, and leaves when it likes.
/// </summary>
internal sealed class FakeRequest : IHttpRequestLifetimeFeature, IHttpRequestBodyDetectionFeature, IRequestBodyPipeFeature, IDisposable
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _closed = new();

    /// <summary>A request whose head has come, and nothing of its body.</summary>
    /// <param name="method">The method.</param>
    /// <param name="target">The target in any form.</param>
    /// <param name="headers">The headers in their order. With Content-Length or Transfer-Encoding there is a body.</param>
    /// <param name="clientTakes">Bytes of the response after which the client has to read before it gets more; 0 for no bound.</param>
    public FakeRequest(
        string method = "GET", string target = "/", IEnumerable<(string Name, string Value)>? headers = null, long clientTakes = 0)
    {
        (string Name, string Value)[] list = [.. headers ?? []];
        Head = FrameWriting.Head(method, target, list);
        Response = new FakeResponse(clientTakes);
        var request = (HttpRequestFeature)FrameWriting.Parsed(method, target, list);
        int question = target.IndexOf('?', StringComparison.Ordinal);
        request.Protocol = "HTTP/1.1";
        request.Scheme = "http";
        request.Path = Uri.UnescapeDataString(question < 0 ? target : target[..question]);
        request.QueryString = question < 0 ? "" : target[question..];
        if (request.Headers.TransferEncoding.Count > 0)
        {
            // As Kestrel does (RFC 9112, section 6.3).
            request.Headers.ContentLength = null;
        }

        CanHaveBody = request.Headers.TransferEncoding.Count > 0 || request.Headers.ContentLength > 0;
        if (!CanHaveBody)
        {
            Body.End();
        }

        request.Body = Body.AsStream();
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpRequestBodyDetectionFeature>(this);
        features.Set<IRequestBodyPipeFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set<IHttpResponseFeature>(Response);
        features.Set<IHttpResponseBodyFeature>(Response);
        Context = new DefaultHttpContext(features);
        Connection = new DefaultConnectionContext("fake")
        {
            Transport = new Duplex(PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>([.. Head])), new Pipe().Writer),
            ConnectionClosed = _closed.Token,
            RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 50_000),
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 8000),
        };
    }

    /// <summary>What the application gets.</summary>
    public HttpContext Context { get; }

    /// <summary>The connection that it came on, for what is kept with it.</summary>
    public DefaultConnectionContext Connection { get; }

    /// <summary>The head's bytes, as the client has sent them.</summary>
    public byte[] Head { get; }

    /// <summary>The body: what the client sends of it.</summary>
    public FakeBody Body { get; } = new();

    /// <summary>The response: what the client gets.</summary>
    public FakeResponse Response { get; }

    /// <summary>Whether the application has cut the connection off.</summary>
    public bool IsAborted { get; private set; }

    public bool CanHaveBody { get; }

    PipeReader IRequestBodyPipeFeature.Reader => Body;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted
    {
        get => _aborted.Token;
        set => throw new NotSupportedException();
    }

    /// <summary>Runs the application and ends the response behind it, as the server does.</summary>
    public async Task RunAsync(Func<HttpContext, Task> application)
    {
        await application(Context);
        if (!IsAborted)
        {
            await Response.CompleteAsync();
        }
    }

    /// <summary>The client closes its connection.</summary>
    public void Leave()
    {
        Body.Break(new ConnectionResetException("the client has left"));
        Response.Abort();
        _closed.Cancel();
        _aborted.Cancel();
    }

    public void Abort()
    {
        IsAborted = true;
        Response.Abort();
        _aborted.Cancel();
    }

    public void Dispose()
    {
        _aborted.Dispose();
        _closed.Dispose();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
