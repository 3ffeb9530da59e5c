using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>
/// What Kestrel and connection middleware see of a connection. It is its own collection of features, which costs no object: a few features
/// are the connection itself, others are kept in a short list. Features are used by one thread at a time, as those of ASP.NET Core are; the
/// token of the end by any.
/// </summary>
internal abstract class ServedConnection : ConnectionContext, IDuplexPipe, ILoopFeature, IFeatureCollection, IConnectionIdFeature,
    IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    private static readonly Type[] Own =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature), typeof(IConnectionLifetimeFeature),
        typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature), typeof(ILoopFeature),
    ];

    private string? _id;
    private IDuplexPipe? _transport;
    private IDictionary<object, object?>? _items;
    private KeyValuePair<Type, object>[] _features = [];
    private ClosedSignal _closedSignal;
    private int _revision;

    /// <inheritdoc/>
    public override string ConnectionId
    {
        get => _id ??= ConnectionIds.Next();
        set => _id = value;
    }

    /// <inheritdoc/>
    public override IFeatureCollection Features => this;

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    /// <inheritdoc/>
    public override IDuplexPipe Transport
    {
        get => _transport ?? this;
        set => _transport = value;
    }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed
    {
        get => _closedSignal.Token;
        set => _closedSignal.Token = value;
    }

    /// <inheritdoc/>
    public abstract PipeReader Input { get; }

    /// <inheritdoc/>
    public abstract PipeWriter Output { get; }

    /// <inheritdoc/>
    public abstract EventLoop Loop { get; }

    /// <inheritdoc/>
    public bool RunInline { get; set; } = true;

    /// <summary>Whether somebody looks if the client takes what is sent. Written by the loop's thread alone.</summary>
    public bool IsSendWatched { get; set; }

    /// <inheritdoc/>
    public bool AbortsInOrder { get; set; }

    /// <inheritdoc/>
    public abstract HeadCapture? Capture { get; set; }

    /// <inheritdoc/>
    public abstract MemoryPool<byte> MemoryPool { get; }

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _revision;

    /// <inheritdoc/>
    public object? this[Type key]
    {
        get => Find(key);
        set => Put(key, value);
    }

    TFeature? IFeatureCollection.Get<TFeature>()
        where TFeature : default
        => (TFeature?)Find(typeof(TFeature));

    void IFeatureCollection.Set<TFeature>(TFeature? instance)
        where TFeature : default
        => Put(typeof(TFeature), instance);

    IEnumerator<KeyValuePair<Type, object>> IEnumerable<KeyValuePair<Type, object>>.GetEnumerator() => Enumerate().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Enumerate().GetEnumerator();

    /// <summary>Tells whoever has asked for <see cref="ConnectionClosed"/> that the connection has ended, on the thread pool. Any number of times.</summary>
    protected void SignalClosed(ILogger logger)
    {
        if (_closedSignal.End() is { } source)
        {
            // Whoever waits for this may do what a loop must not do.
            ThreadPool.UnsafeQueueUserWorkItem(
                static end => end.Connection.Cancel(end.Source, end.Logger), (Connection: this, Source: source, Logger: logger), preferLocal: false);
        }
    }

    /// <summary>
    /// The grace after the client's end of sending is over. Where nobody knows what the client may still wait for, Kestrel then aborts the request.
    /// </summary>
    protected void EndGrace(ILogger logger)
    {
        if (!TellPeerFinished(isLong: true))
        {
            SignalClosed(logger);
        }
    }

    /// <summary>
    /// Tells whoever wants to hear of it that the client has shut down its sending side. Looked for, not kept: that is rare, and most
    /// connections never need the place. The loop's thread only; the list is swapped or its values changed as a whole meanwhile.
    /// </summary>
    /// <returns>Whether somebody decides what it means.</returns>
    protected bool TellPeerFinished(bool isLong)
    {
        foreach (KeyValuePair<Type, object> pair in _features)
        {
            if (pair.Value is IPeerSink sink)
            {
                return sink.OnPeerFinished(isLong);
            }
        }

        return false;
    }

    private void Cancel(CancellationTokenSource source, ILogger logger)
    {
        try
        {
            source.Cancel();
        }
        catch (Exception e)
        {
            TransportLog.ClosedCallbackFailed(logger, e, ConnectionId);
        }
    }

    // What was put comes first, so that middleware can replace what is the connection's own.
    private object? Find(Type key)
    {
        foreach (KeyValuePair<Type, object> pair in _features)
        {
            if (pair.Key == key)
            {
                return pair.Value;
            }
        }

        foreach (Type own in Own)
        {
            if (own == key)
            {
                return this;
            }
        }

        return null;
    }

    private void Put(Type key, object? value)
    {
        _revision++;
        int index = Array.FindIndex(_features, pair => pair.Key == key);
        if (value is null)
        {
            _features = index < 0 ? _features : [.. _features.Where((_, i) => i != index)];
        }
        else if (index >= 0)
        {
            _features[index] = new(key, value);
        }
        else
        {
            Array.Resize(ref _features, _features.Length + 1);
            _features[^1] = new(key, value);
        }
    }

    private IEnumerable<KeyValuePair<Type, object>> Enumerate() => Own
        .Where(key => !_features.Any(pair => pair.Key == key))
        .Select(key => new KeyValuePair<Type, object>(key, this))
        .Concat(_features);
}
