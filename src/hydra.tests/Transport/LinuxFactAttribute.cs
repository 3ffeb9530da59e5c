using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>A test of what exists on Linux only.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "The loop transport exists on Linux only.";
        }

        Timeout = 60_000;
    }
}

/// <summary>A test with data of what exists on Linux only.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "The loop transport exists on Linux only.";
        }

        Timeout = 60_000;
    }
}
