using Hydra.Dispatch;

namespace Hydra.Http;

/// <summary>The key of a request, by which it is kept together with others. Immutable.</summary>
internal sealed class AffinityKey
{
    /// <summary>Of a request without one.</summary>
    public static readonly AffinityKey None = new();

    private AffinityKey()
    {
    }

    /// <summary>A key.</summary>
    /// <param name="text">It as applications are told: bytes that a field may have; not empty.</param>
    public AffinityKey(byte[] text)
    {
        Text = text;
        Place = KeyHash.ForPlace(text);
        Memory = KeyHash.ForMemory(text);
    }

    /// <summary>The key as applications are told: bytes that a field may have. Empty where there is none.</summary>
    public byte[] Text { get; } = [];

    /// <summary>Its hash for choosing a worker; 0 where there is none.</summary>
    public ulong Place { get; }

    /// <summary>Its hash for remembering who has served it; 0 where there is none.</summary>
    public ulong Memory { get; }
}
