using System.Net.Quic;
using Xunit;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A test that speaks HTTP/3; skipped where libmsquic is not there.</summary>
public sealed class QuicFactAttribute : FactAttribute
{
    /// <summary>Whether it is there.</summary>
    public static bool IsThere => (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicListener.IsSupported;

    /// <summary>Asks for it.</summary>
    public QuicFactAttribute() => Skip = IsThere ? null! : "libmsquic is not there";
}
