using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Hydra.Protocol;
using Hydra.Tests.Protocol;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Docs;

/// <summary>docs/protocol.md says enough to write a worker: its tables are those of the declaration.</summary>
public sealed partial class ProtocolDocumentTests
{
    private const string Table = "| type | | from | flags | fields |";

    private static readonly string Path = RepositoryFiles.At("docs", "protocol.md");

    [Fact]
    public void Document_Messages_AreThoseOfTheDeclaration()
    {
        string document = File.ReadAllText(Path);
        string expected = document[..(document.IndexOf(Table, StringComparison.Ordinal) is > 0 and int at ? at : document.Length)] + Tables();
        if (Environment.GetEnvironmentVariable("UPDATE_OPTIONS_DOC") == "1")
        {
            File.WriteAllText(Path, expected);
            document = expected;
        }

        Assert.True(document == expected, "docs/protocol.md is not what the declaration says: run build/options-doc.sh");
    }

    [Fact]
    public void Document_BootDocument_HasEachField()
        => Assert.All(
            typeof(BootDocument).GetProperties().Where(static property => property.Name != "EqualityContract").Select(static property => Snake(property.Name)),
            static name => Assert.Contains($"`{name}`", File.ReadAllText(Path), StringComparison.Ordinal));

    private static string Tables()
    {
        List<string> lines = [Table, "| --- | --- | --- | --- | --- |"];
        IEnumerable<(WireMessageAttribute Message, Type Struct)> messages =
            from type in typeof(WireMessageAttribute).Assembly.GetTypes()
            let message = type.GetCustomAttribute<WireMessageAttribute>()
            where message is not null
            orderby message.Type
            select (message, type);
        lines.AddRange(messages.Select(static one => Row(one.Message, one.Struct)));
        lines.AddRange(["", "| values | |", "| --- | --- |"]);
        foreach (Type one in (Type[])[typeof(FrameFlags), typeof(LinkKind), typeof(InterfaceFeatures), typeof(StartFailure), typeof(WireLogLevel), typeof(CancelReason), typeof(ResetReason), typeof(StateOperation), typeof(StateOptions), typeof(StateStatus)])
        {
            IEnumerable<string> values = Enum.GetValuesAsUnderlyingType(one).Cast<object>().Where(value => one == typeof(LinkKind) || Convert.ToInt32(value, CultureInfo.InvariantCulture) != 0)
                .Select(value => $"{Constant(Enum.GetName(one, value)!)} {value}");
            lines.Add($"| {Words().Replace(one.Name, " ").ToLowerInvariant()} | {string.Join(", ", values)} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Row(WireMessageAttribute message, Type type)
    {
        string from = message.Direction switch { WireDirection.ToWorker => "f", WireDirection.ToFront => "w", _ => "f, w" };
        IEnumerable<string> fields = WireLayout.Of(type).Select(static field => $"`{Snake(field.Name)}` {(field.IsBytes ? 'b' : 'u')}{field.Width * 8}");
        string flags = message.Flags is FrameFlags.None ? "" : string.Join(", ", message.Flags.ToString().Split(", ").Select(Constant));
        return $"| 0x{(int)message.Type:x2} | {Constant(message.Type.ToString())} | {from} | {flags} | {string.Join(", ", fields)} |";
    }

    private static string Constant(string name) => Snake(name).ToUpperInvariant();

    private static string Snake(string name) => Words().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Words();
}
