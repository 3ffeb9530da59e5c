using Hydra.Configuration;
using Hydra.Hosting;
using Hydra.Primitives;
using Hydra.Tests.Transport;
using Hydra.Tests.Workers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class StaticTreesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("index.html", false)]
    [InlineData("nope.html", true)]
    public void Part_PageOfASinglePageApplication_IsMissedAtTheStart(string name, bool isMissed)
    {
        _directory.File("index.html", "page");
        var log = new ErrorRecorder();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        var options = new StaticOptions { Mounts = [new StaticMount(MountPlace.Everywhere, _directory.Path)], Spa = name };

        Assert.NotNull(StaticTrees.Part(options, null, "", loggers));
        Assert.Equal(isMissed, log.Entries.Any(entry => entry.Text.Contains($"--static-spa {name}: there is no such file", StringComparison.Ordinal)));
    }
}
