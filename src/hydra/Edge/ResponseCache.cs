namespace Hydra.Edge;

/// <summary>
/// The responses that are kept, by key and by the fields that they vary by. What was not used for longest goes when there is no room. Any
/// thread; a lock guards all of it, and nothing is done under it that could wait.
/// </summary>
/// <param name="capacity">Bytes that all of them may take.</param>
/// <param name="largest">Bytes that the body of one may have.</param>
/// <param name="time">The clock.</param>
internal sealed class ResponseCache(long capacity, long largest, TimeProvider time)
{
    // A page that varies by a field with many values (User-Agent) does not push out everything else.
    private const int MostVariants = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Place>> _places = new(StringComparer.Ordinal);

    // Used last comes first.
    private readonly LinkedList<Place> _order = [];
    private long _used;

    /// <summary>Bytes that the body of one response may have.</summary>
    public long Largest => largest;

    /// <summary>Bytes that all of them take.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>The time.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>What answers a request: fresh, or stale and usable while a new one is fetched; null where nothing does.</summary>
    public CachedResponse? Find(string key, HttpRequest request)
    {
        DateTimeOffset now = Now;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out LinkedListNode<Place>? node))
            {
                return null;
            }

            foreach (CachedResponse response in node.Value.Variants)
            {
                if (response.IsUsableAt(now) && response.Answers(request))
                {
                    _order.Remove(node);
                    _order.AddFirst(node);
                    return response;
                }
            }

            return null;
        }
    }

    /// <summary>Keeps a response, in the place of that with the same values of the fields that it varies by.</summary>
    public void Store(string key, CachedResponse response)
    {
        DateTimeOffset now = Now;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out LinkedListNode<Place>? node))
            {
                node = new LinkedListNode<Place>(new Place(key));
                _places.Add(key, node);
            }
            else
            {
                _order.Remove(node);
            }

            _order.AddFirst(node);
            List<CachedResponse> variants = node.Value.Variants;
            for (int i = variants.Count - 1; i >= 0; i--)
            {
                if (!variants[i].IsUsableAt(now) || variants[i].VariesBy.SequenceEqual(response.VariesBy))
                {
                    Take(variants, i);
                }
            }

            if (variants.Count == MostVariants)
            {
                Take(variants, 0);
            }

            variants.Add(response);
            _used += response.Size;
            while (_used > capacity && _order.Last is { } last)
            {
                Drop(last);
            }
        }
    }

    /// <summary>Forgets what is kept under a key (RFC 9111, section 4.4).</summary>
    public void Remove(string key)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(key, out LinkedListNode<Place>? node))
            {
                Drop(node);
            }
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
    }

    private void Take(List<CachedResponse> variants, int index)
    {
        _used -= variants[index].Size;
        variants.RemoveAt(index);
    }

    private sealed class Place(string key)
    {
        public string Key => key;

        public List<CachedResponse> Variants { get; } = [];
    }
}
