using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hydra.Transport;

/// <summary>Found among a connection's features: where it lives, and how its waits end.</summary>
internal interface ILoopFeature
{
    /// <summary>The loop that the connection lives on.</summary>
    EventLoop Loop { get; }

    /// <summary>
    /// Whether waits end with their code running on the loop's thread. Set it to false around what computes for long, such as a TLS
    /// handshake: waits then end on the thread pool. Any thread; it counts for waits that begin afterwards.
    /// </summary>
    bool RunInline { get; set; }

    /// <summary>Gets what the reader consumes. Set it before the connection is read.</summary>
    HeadCapture? Capture { get; set; }
}

/// <content>
/// What Kestrel and connection middleware see. Used by one thread at a time, as ASP.NET Core's own feature collections are. The
/// connection is its own collection: a few features are the object itself, others are kept in a short list.
/// </content>
internal sealed partial class LoopConnection : IFeatureCollection, ILoopFeature, IConnectionIdFeature, IConnectionTransportFeature,
    IConnectionItemsFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    private string? _id;
    private IDuplexPipe? _transport;
    private IDictionary<object, object?>? _items;
    private KeyValuePair<Type, object>[] _features = [];
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
    public HeadCapture? Capture
    {
        get => _input.Capture;
        set => _input.Capture = value;
    }

    /// <inheritdoc/>
    public MemoryPool<byte> MemoryPool => _group.MemoryPool;

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

    private static bool IsOwn(Type key) => key == typeof(IConnectionIdFeature) || key == typeof(IConnectionTransportFeature)
        || key == typeof(IConnectionItemsFeature) || key == typeof(IConnectionLifetimeFeature)
        || key == typeof(IConnectionEndPointFeature) || key == typeof(IMemoryPoolFeature) || key == typeof(ILoopFeature);

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

        return IsOwn(key) ? this : null;
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

    private IEnumerable<KeyValuePair<Type, object>> Enumerate()
    {
        Type[] own =
        [
            typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature), typeof(IConnectionLifetimeFeature),
            typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature), typeof(ILoopFeature),
        ];
        return own.Where(key => !_features.Any(pair => pair.Key == key)).Select(key => new KeyValuePair<Type, object>(key, this)).Concat(_features);
    }
}
