using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Http;
using Hydra.Tests.Workers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class BodyRulesTests
{
    [Fact]
    public void Forwarder_Options_AreTakenFromTheirOwners()
    {
        var server = new ServerOptions
        {
            Buffers = new BufferOptions { Memory = 5 },
            Clients = new ClientOptions { BodyTimeout = TimeSpan.FromSeconds(6) },
        };
        var application = new ApplicationOptions
        {
            Bodies = new BodyOptions { Buffer = 1, BufferResponse = 2, Limit = 3 },
        };

        ForwarderOptions options = BodyRules.Forwarder(server, application);

        Assert.Equal((1, 2, 3), (options.BufferBody, options.BufferResponse, options.LimitBody));
        Assert.Equal(5, options.BufferMemory);
        Assert.Equal(TimeSpan.FromSeconds(6), options.BodyTimeout);
    }

    [Fact]
    public void Memory_NotAskedFor_IsHalfOfWhatThereIs()
    {
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, BodyRules.Memory(new BufferOptions()).Capacity);
        Assert.Equal(5, BodyRules.Memory(new BufferOptions { MemoryLimit = 5 }).Capacity);
    }

    [Fact]
    public void CreateSpool_NotAskedFor_IsNone() => Assert.Null(BodyRules.CreateSpool(new BufferOptions(), NullLogger.Instance));

    [Fact]
    public void CreateSpool_ChosenDirectory_Works()
    {
        using var directory = new TemporaryDirectory();

        Assert.NotNull(BodyRules.CreateSpool(new BufferOptions { Spool = true, SpoolDirectory = directory.Path }, NullLogger.Instance));
    }

    [Fact]
    public void CreateSpool_ChosenDirectoryIsAFile_IsAFailedStart()
    {
        using var directory = new TemporaryDirectory();
        var options = new BufferOptions { Spool = true, SpoolDirectory = directory.File("file") };

        var error = Assert.Throws<StartException>(() => BodyRules.CreateSpool(options, NullLogger.Instance));

        Assert.StartsWith("bodies cannot be written to disk (--spool): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_Defaults_CutOffNobodySlow()
    {
        var limits = new KestrelServerLimits();

        BodyRules.Apply(new ClientOptions(), limits);

        Assert.Null(limits.MaxRequestBodySize);
        Assert.Null(limits.MinRequestBodyDataRate);
        Assert.Null(limits.MinResponseDataRate);
        Assert.Equal(TimeSpan.FromSeconds(30), limits.RequestHeadersTimeout);
    }

    [Fact]
    public void Apply_DataRate_HoldsBothWays()
    {
        var limits = new KestrelServerLimits();

        BodyRules.Apply(new ClientOptions { MinimumDataRate = 240 }, limits);

        Assert.Equal((240, 240), (limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinResponseDataRate!.BytesPerSecond));
    }
}
