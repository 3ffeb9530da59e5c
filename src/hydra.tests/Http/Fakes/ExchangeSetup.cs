using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Tests.Http.Fakes;

/// <summary>An exchange with all that it needs: a forwarder, and a worker that the test plays.</summary>
internal sealed class ExchangeSetup : IDisposable
{
    /// <summary>An exchange with these bounds.</summary>
    /// <param name="options">Windows and bounds.</param>
    /// <param name="spool">For all large bodies; null: they stream.</param>
    /// <param name="features">What the worker's interface can do.</param>
    /// <param name="lengthSpool">For bodies whose length has to be known.</param>
    public ExchangeSetup(
        ForwarderOptions? options = null, Spool? spool = null, InterfaceFeatures features = InterfaceFeatures.None, Spool? lengthSpool = null)
    {
        Bodies = new BodyResources(options ?? new ForwarderOptions(), spool, NullLogger.Instance, lengthSpool);
        Worker.Handle.Features = features;
        Fleet = new FakeFleet(Worker);
        var recovery = new CrashRecovery(RetryMode.Always, NullLogger.Instance);
        Forwarder = new RequestForwarder(
            new PoolSelector([new PoolRoute(new RequestPool("app", MountPlace.Everywhere, "", Fleet.Dispatcher, recovery, TimeSpan.Zero), Bodies)]), Bodies, new WebSocketSession(new SessionBounds()));
        Exchange = new HttpExchange(Forwarder, Bodies);
    }

    public FakeUpstream Worker { get; } = new FakeUpstream().Quick();

    public FakeFleet Fleet { get; }

    public BodyResources Bodies { get; }

    public RequestForwarder Forwarder { get; }

    public HttpExchange Exchange { get; }

    /// <summary>Bytes that follow no pattern, always the same.</summary>
    public static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(20_250_401).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A POST whose body has a length, or is chunked.</summary>
    public static FakeRequest Post(long? length = null, params (string, string)[] headers)
        => new("POST", "/upload", [length is { } known ? ("Content-Length", $"{known}") : ("Transfer-Encoding", "chunked"), .. headers]);

    /// <summary>The request comes to the front, on a connection of its own.</summary>
    public static RequestContext Accept(FakeRequest request, bool isMultiplexed = false)
    {
        request.Context.Features.Set(new ClientConnection(request.Connection, isMultiplexed, _ => Task.CompletedTask));
        if (!isMultiplexed && request.Connection.Transport.Input.TryRead(out ReadResult head))
        {
            request.Connection.Transport.Input.AdvanceTo(head.Buffer.End);
        }

        var context = new RequestContext(request.Context.Features);
        context.Begin(request.Context.Features);
        return context;
    }

    /// <summary>The exchange begins with a request that has just come.</summary>
    public Failure Begin(FakeRequest request) => Begin(Accept(request));

    /// <summary>The exchange begins with a request.</summary>
    public Failure Begin(RequestContext context) => Exchange.Begin(context, context.Facts, Fleet.Dispatcher);

    /// <summary>The worker gets it.</summary>
    public async Task<SentRequest> SendAsync()
    {
        Exchange.Send(Fleet.Dispatcher);
        return await Worker.NextRequestAsync();
    }

    /// <summary>The request is over, as its handler sees to.</summary>
    public async Task EndAsync()
    {
        await Exchange.StopBodyAsync();
        Exchange.Release();
    }

    public void Dispose() => Fleet.Dispose();
}
