using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class OptionTableTests
{
    public static TheoryData<string> Defaults => [.. OptionTable.All.Where(o => o.Default is { Length: > 0 } && o.Default[0] != '(').Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Default_Bound_ChangesNothing(string name)
    {
        Option option = OptionTable.Get(name);
        var environment = new Dictionary<string, string> { [option.Variable!] = option.Default! };

        ParseResult.Run run = Assert.IsType<ParseResult.Run>(CommandLine.Parse(["main:app"], environment, Parsing.Windowless));

        HydraOptions expected = Parsing.Run("main:app");
        AddressOptions addresses = run.Options.Server.Addresses;
        Assert.Equal(expected.Server.Addresses.Binds, addresses.Binds);
        Assert.Equal(expected.Server with { Addresses = expected.Server.Addresses with { Binds = addresses.Binds } }, run.Options.Server);
        Assert.Equal(expected.Applications, run.Options.Applications);
    }

    [Theory]
    [InlineData("chdir", OptionOwner.Server)]
    [InlineData("bind", OptionOwner.Server)]
    [InlineData("graceful-timeout", OptionOwner.Server)]
    [InlineData("buffer-memory", OptionOwner.Server)]
    [InlineData("memory-limit", OptionOwner.Server)]
    [InlineData("app", OptionOwner.Application)]
    [InlineData("python", OptionOwner.Application)]
    [InlineData("workers", OptionOwner.Application)]
    [InlineData("limit-body", OptionOwner.Application)]
    [InlineData("help", OptionOwner.None)]
    internal void Owner_OfAnOption_IsWhoseRecordItChanges(string name, OptionOwner expected)
        => Assert.Equal(expected, OptionTable.Get(name).Owner);

    [Fact]
    public void Owner_OfEveryOptionButCommands_IsOne()
        => Assert.Equal(["version", "help"], OptionTable.All.Where(o => o.Owner is OptionOwner.None).Select(o => o.Name));

    [Fact]
    public void Names_OfAllOptions_AreDistinct()
    {
        string[] names = [.. OptionTable.All.SelectMany(o => o.Names), .. OptionTable.All.Select(o => o.Short?.ToString()).OfType<string>()];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.DoesNotContain(names, name => name.StartsWith("no-", StringComparison.Ordinal));
    }

    [Fact]
    public void Variable_OfAnOption_IsItsName() => Assert.Equal("HYDRA_GRACEFUL_TIMEOUT", OptionTable.Get("graceful-timeout").Variable);

    [Fact]
    public void NameOf_EveryChoice_IsTheWordThatGivesIt()
    {
        Assert.All(OptionNames.LogLevels, choice => Assert.Equal(choice.Name, OptionNames.NameOf(OptionNames.LogLevels, choice.Value)));
        Assert.All(Enum.GetValues<Lifespan>(), value => Assert.NotEmpty(OptionNames.NameOf(OptionNames.Lifespans, value)));
        Assert.All(Enum.GetValues<SpeedupsUse>(), value => Assert.NotEmpty(OptionNames.NameOf(OptionNames.SpeedupsUses, value)));
        Assert.All(Enum.GetValues<WorkerTransport>(), value => Assert.NotEmpty(OptionNames.NameOf(OptionNames.WorkerTransports, value)));
        Assert.All(Enum.GetValues<TransportKind>(), value => Assert.NotEmpty(OptionNames.NameOf(OptionNames.Transports, value)));
    }
}
