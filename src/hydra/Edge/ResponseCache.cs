using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>
/// The responses that are kept, by key and by the fields that they vary by. What was not used for longest goes when there is no room, and when
/// requests need the memory. Any thread; a lock guards all of it, and nothing is done under it that could wait.
/// </summary>
internal sealed class ResponseCache
{
    // A page that varies by a field with many values (User-Agent) does not push out everything else.
    private const int MostVariants = 16;

    // Counters of what was forgotten. Two targets that share one only have a response not kept that could have been.
    private const int Counters = 1024;

    private readonly long _capacity;
    private readonly TimeProvider _time;
    private readonly MemoryBudget? _memory;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Place>> _places = new(StringComparer.Ordinal);

    // Keys of the same URI, where there are others than the URI alone.
    private readonly Dictionary<string, HashSet<string>> _others = new(StringComparer.Ordinal);
    private readonly int[] _forgotten = new int[Counters];

    // Used last comes first.
    private readonly LinkedList<Place> _order = [];
    private long _used;

    /// <summary>Makes a cache with nothing in it.</summary>
    /// <param name="capacity">Bytes that all responses may take.</param>
    /// <param name="largest">Bytes that the body of one may have.</param>
    /// <param name="time">The clock.</param>
    /// <param name="memory">What clients may have the server hold, of which it takes half at most, and gives back what requests need; null for no such bound.</param>
    public ResponseCache(long capacity, long largest, TimeProvider time, MemoryBudget? memory = null)
    {
        _capacity = memory is null ? capacity : Math.Min(capacity, memory.Capacity / 2);
        _time = time;
        _memory = memory;
        Largest = Math.Min(largest, _capacity);
        memory?.MakesRoom = Free;
    }

    /// <summary>Bytes that the body of one response may have.</summary>
    public long Largest { get; }

    /// <summary>Bytes that all of them take.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>The time.</summary>
    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>What there is for a request, fresh or stale; null where nothing is.</summary>
    /// <param name="key">The request's key.</param>
    /// <param name="request">The request.</param>
    /// <param name="hasOthers">Whether there is something for requests with other values of the fields that it varies by.</param>
    public CachedResponse? Find(string key, HttpRequest request, out bool hasOthers)
    {
        hasOthers = false;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out LinkedListNode<Place>? node))
            {
                return null;
            }

            List<CachedResponse> variants = node.Value.Variants;
            for (int i = variants.Count - 1; i >= 0; i--)
            {
                if (variants[i].Answers(request))
                {
                    _order.Remove(node);
                    _order.AddFirst(node);
                    return variants[i];
                }
            }

            hasOthers = true;
            return null;
        }
    }

    /// <summary>How often something was forgotten that may have been this: what was asked for before that is not to be kept behind it.</summary>
    public int Generation(CacheKey key) => Volatile.Read(ref _forgotten[CounterOf(key)]);

    /// <summary>Keeps a response, in the place of that with the same values of the fields that it varies by.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="response">The response.</param>
    /// <param name="generation">The <see cref="Generation"/> when it was asked for.</param>
    /// <returns>False where it was to be forgotten meanwhile.</returns>
    public bool Store(CacheKey key, CachedResponse response, int generation)
    {
        DateTimeOffset now = Now;
        string whole = key.Whole;
        lock (_lock)
        {
            if (generation != _forgotten[CounterOf(key)])
            {
                return false;
            }

            if (!_places.TryGetValue(whole, out LinkedListNode<Place>? node))
            {
                node = Add(key, whole);
            }
            else
            {
                _order.Remove(node);
            }

            _order.AddFirst(node);
            List<CachedResponse> variants = node.Value.Variants;
            for (int i = variants.Count - 1; i >= 0; i--)
            {
                if (!variants[i].IsOfUseAt(now) || variants[i].VariesBy.SequenceEqual(response.VariesBy))
                {
                    Take(variants, i);
                }
            }

            if (variants.Count == MostVariants)
            {
                Take(variants, 0);
            }

            variants.Add(response);
            Count(response.Size);
            while ((_used > _capacity || (_used > 0 && _memory is { IsTight: true })) && _order.Last is { } last)
            {
                Drop(last);
            }

            return true;
        }
    }

    /// <summary>Forgets what is kept under a URI, whoever it is for (RFC 9111, section 4.4), and does not keep what is under way.</summary>
    public void Remove(CacheKey key)
    {
        lock (_lock)
        {
            _forgotten[CounterOf(key)]++;
            string uri = key.Uri;
            Drop(uri);
            if (_others.TryGetValue(uri, out HashSet<string>? others))
            {
                foreach (string other in others.ToArray())
                {
                    Drop(other);
                }
            }
        }
    }

    /// <summary>Forgets one response.</summary>
    public void Remove(CacheKey key, CachedResponse response)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(key.Whole, out LinkedListNode<Place>? node) && node.Value.Variants.IndexOf(response) is var index and >= 0)
            {
                Take(node.Value.Variants, index);
                if (node.Value.Variants.Count == 0)
                {
                    Drop(node);
                }
            }
        }
    }

    private static int CounterOf(CacheKey key) => (key.Uri.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Counters;

    // Requests come first.
    private void Free(long bytes)
    {
        lock (_lock)
        {
            for (long least = _used - bytes; _used > Math.Max(0, least) && _order.Last is { } last;)
            {
                Drop(last);
            }
        }
    }

    private LinkedListNode<Place> Add(CacheKey key, string whole)
    {
        string uri = key.Uri;
        var node = new LinkedListNode<Place>(new Place(whole, uri));
        _places.Add(whole, node);
        if (key.Who.Length > 0)
        {
            if (!_others.TryGetValue(uri, out HashSet<string>? others))
            {
                _others.Add(uri, others = new HashSet<string>(StringComparer.Ordinal));
            }

            others.Add(whole);
        }

        return node;
    }

    private void Drop(string key)
    {
        if (_places.TryGetValue(key, out LinkedListNode<Place>? node))
        {
            Drop(node);
        }
    }

    private void Drop(LinkedListNode<Place> node)
    {
        for (int i = node.Value.Variants.Count - 1; i >= 0; i--)
        {
            Take(node.Value.Variants, i);
        }

        _order.Remove(node);
        _places.Remove(node.Value.Key);
        if (_others.TryGetValue(node.Value.Uri, out HashSet<string>? others) && others.Remove(node.Value.Key) && others.Count == 0)
        {
            _others.Remove(node.Value.Uri);
        }
    }

    private void Take(List<CachedResponse> variants, int index)
    {
        Count(-variants[index].Size);
        variants.RemoveAt(index);
    }

    private void Count(long bytes)
    {
        Volatile.Write(ref _used, _used + bytes);
        if (bytes > 0)
        {
            _memory?.Take(bytes);
        }
        else
        {
            _memory?.Give(-bytes);
        }
    }

    private sealed class Place(string key, string uri)
    {
        public string Key => key;

        public string Uri => uri;

        public List<CachedResponse> Variants { get; } = [];
    }
}
