namespace Hydra.Edge;

/// <summary>The last requests, bounded by their number and by bytes: the oldest go. Any thread.</summary>
/// <param name="most">How many.</param>
/// <param name="mostBytes">Bytes that all of them may take. One that is larger by itself is not kept.</param>
internal sealed class RequestRing(int most, long mostBytes)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<RecordedRequest> _kept = [];
    private long _bytes;
    private long _lastId;

    /// <summary>Keeps one.</summary>
    public void Add(RecordedRequest request)
    {
        lock (_lock)
        {
            request = request with { Id = ++_lastId };
            _kept.AddLast(request);
            _bytes += request.Size;
            while (_kept.Count > most || _bytes > mostBytes)
            {
                _bytes -= _kept.First!.Value.Size;
                _kept.RemoveFirst();
            }
        }
    }

    /// <summary>All that are kept, the youngest first.</summary>
    public IReadOnlyList<RecordedRequest> Read()
    {
        lock (_lock)
        {
            return [.. _kept.Reverse()];
        }
    }

    /// <summary>The one of this number; null where it is not kept.</summary>
    public RecordedRequest? Find(long id)
    {
        lock (_lock)
        {
            return _kept.FirstOrDefault(request => request.Id == id);
        }
    }
}
