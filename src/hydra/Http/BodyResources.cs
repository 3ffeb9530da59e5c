using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Http;

/// <summary>What all requests share for their bodies: windows and bounds, memory, and the disk. Any thread.</summary>
/// <param name="options">Windows and bounds.</param>
/// <param name="spool">Where larger bodies go before a worker gets their request; null when they stream.</param>
/// <param name="logger">For what there is to say about a body.</param>
/// <param name="lengthSpool">Where bodies go whose length has to be known; null for <paramref name="spool"/>.</param>
internal sealed class BodyResources(ForwarderOptions options, Spool? spool, ILogger logger, Spool? lengthSpool = null)
{
    // Those of another application: with bounds of its own, and the same memory, disk and log.
    private BodyResources(ForwarderOptions options, BodyResources shared)
        : this(options, shared.Spool, shared.Logger, shared.LengthSpool)
    {
        HeadMemory = shared.HeadMemory;
        RequestMemory = shared.RequestMemory;
        ResponseMemory = shared.ResponseMemory;
        Shortage = shared.Shortage;
        Faults = shared.Faults;
    }

    /// <summary>Windows and bounds.</summary>
    public ForwarderOptions Options => options;

    /// <summary>Where larger bodies go before a worker gets their request; null when they stream.</summary>
    public Spool? Spool => spool;

    /// <summary>Where bodies go that cannot stream because their length has to be known; null: such bodies are refused.</summary>
    public Spool? LengthSpool => lengthSpool ?? spool;

    /// <summary>For what there is to say about a body.</summary>
    public ILogger Logger => logger;

    /// <summary>What clients may have the front hold in all.</summary>
    public MemoryBudget Memory => options.Memory;

    /// <summary>What heads may have of it that are larger than nearly all.</summary>
    public MemoryBudget HeadMemory { get; } = new(options.Memory.Capacity / 2, options.Memory);

    /// <summary>What all requests' bodies may have in memory.</summary>
    public MemoryBudget RequestMemory { get; } = new(options.BufferMemory, options.Memory);

    /// <summary>What all responses' bodies may have in memory, beyond the window that each has in any case.</summary>
    public MemoryBudget ResponseMemory { get; } = new(options.BufferMemory, options.Memory);

    /// <summary>Says what is refused for want of memory.</summary>
    public ShortageLog Shortage { get; } = new(logger);

    /// <summary>Says why bodies are refused whose framing is none.</summary>
    public FaultLog Faults { get; } = new(logger, TimeProvider.System);

    /// <summary>What connections share that outlive their workers.</summary>
    public ResumeDesk Resume { get; init; } = new(0);

    /// <summary>The same memory and disk with windows and bounds of another application.</summary>
    /// <param name="own">The bounds; <see cref="ForwarderOptions.Memory"/> has to be the same.</param>
    /// <param name="resume">What its connections share that outlive their workers; null for those of this.</param>
    public BodyResources With(ForwarderOptions own, ResumeDesk? resume = null) => new(own, this) { Resume = resume ?? Resume };

    /// <summary>Whether a body is to be read before a worker gets its request.</summary>
    /// <param name="length">Its length; null when it is chunked.</param>
    /// <param name="expects">The client waits for 100 Continue.</param>
    /// <param name="arrived">As much of it has arrived with the head.</param>
    /// <param name="wantsWhole">A thread would wait for it: what may be held of it is read first also when that is not all.</param>
    public bool ReadsAhead(long? length, bool expects, long arrived, bool wantsWhole = false)
        => spool is not null
            || (wantsWhole ? arrived < options.BufferBody
                : !expects && (length is null ? arrived < options.BufferBody : length <= options.BufferBody));
}
