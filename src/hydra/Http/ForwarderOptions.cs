using Hydra.Primitives;

namespace Hydra.Http;

/// <summary>
/// How much may be under way for one request, each way, and for all together, in bytes.
/// </summary>
internal sealed record ForwarderOptions
{
    /// <summary>Of a request's body that a worker's application has not taken yet.</summary>
    public int RequestWindow { get; init; } = 256 * 1024;

    /// <summary>Of a response's body that the client has not taken yet, when memory is short; each response may have this much.</summary>
    public int ResponseWindow { get; init; } = 64 * 1024;

    /// <summary>Bodies up to this size are read before a worker gets their request; 0 for none.</summary>
    public long BufferBody { get; init; } = 1024 * 1024;

    /// <summary>Of a response's body that the client has not taken yet, while there is memory.</summary>
    public int BufferResponse { get; init; } = 1024 * 1024;

    /// <summary>What all requests' bodies together may have in memory, and again what all responses' may.</summary>
    public long BufferMemory { get; init; } = 64 * 1024 * 1024;

    /// <summary>What clients may have the front hold in all: heads, bodies, and what was not sent yet.</summary>
    public MemoryBudget Memory { get; init; } = new(long.MaxValue / 2);

    /// <summary>How long nothing may come of a request's body that somebody waits for; zero for ever.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Larger bodies are refused; 0 for no limit.</summary>
    public long LimitBody { get; init; }
}
