using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>Compares long byte arrays without printing them.</summary>
internal static class Bytes
{
    public static void AssertEqual(byte[] expected, byte[] actual)
        => Assert.True(expected.AsSpan().SequenceEqual(actual), $"{actual.Length} bytes are not the {expected.Length} that were expected.");
}
