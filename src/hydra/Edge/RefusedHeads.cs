using System.Diagnostics;
using Hydra.Http;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Edge;

/// <summary>
/// Hears of the heads that Kestrel refuses by itself, with 400, 408, 414 or 431, before there is a request: they are recorded like any
/// other answer. Also of those that were never complete.
/// </summary>
internal sealed class RefusedHeads : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly RequestRecorder _recorder;
    private readonly IDisposable _subscription;

    /// <summary>Begins to listen.</summary>
    /// <param name="source">What Kestrel writes its events to.</param>
    /// <param name="recorder">Told of each.</param>
    public RefusedHeads(DiagnosticListener source, RequestRecorder recorder)
    {
        _recorder = recorder;
        _subscription = source.Subscribe(this, static name => name == BadRequest);
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request that has come as far as a handler is recorded when it is over.
        if (value.Value is IFeatureCollection features
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error
            && features is not IHostContextContainer<RequestContext> { HostContext.IsHandling: true }
            && features.Get<IHttpResponseFeature>() is not { HasStarted: true }
            && features.Get<ClientConnection>() is { } connection
            && features.Get<IHttpRequestFeature>() is { } request)
        {
            _recorder.OnRefused(connection, request, error.StatusCode);
        }
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
        // The server ends.
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        // Kestrel reports none.
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();
}
