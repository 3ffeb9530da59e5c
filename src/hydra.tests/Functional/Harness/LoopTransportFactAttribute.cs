using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A test of what Hydra's own event loops promise and the sockets of .NET do not.</summary>
public sealed class LoopTransportFactAttribute : FactAttribute
{
    /// <summary>Asks what the tests run over.</summary>
    public LoopTransportFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || new ServerSpec("").Transport == "sockets")
        {
            Skip = "this is a promise of the loop transport";
        }
    }
}

/// <summary>The same for a test with cases.</summary>
public sealed class LoopTransportTheoryAttribute : TheoryAttribute
{
    /// <summary>Asks what the tests run over.</summary>
    public LoopTransportTheoryAttribute() => Skip = new LoopTransportFactAttribute().Skip;
}
