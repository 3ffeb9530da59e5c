using Microsoft.CodeAnalysis;

namespace Hydra.Protocol.Generator;

/// <summary>Puts the parsed symbols together, in an order that does not depend on the order of the files, and checks the whole.</summary>
internal sealed class ProtocolBuilder
{
    private readonly List<DiagnosticInfo> _diagnostics = [];

    public static Parsed<WireProtocol> Build(
        IReadOnlyList<Parsed<WireMessage>> parsed,
        IReadOnlyList<WireEnum> enums,
        IReadOnlyList<WireLimits> limits,
        IReadOnlyList<Parsed<WireDocument>> documents)
    {
        if (parsed.Count == 0 && enums.Count == 0)
        {
            return new(null, default);
        }

        var builder = new ProtocolBuilder();
        WireProtocol? protocol = builder.Check(parsed, enums, limits, documents);
        return new(protocol, builder._diagnostics.ToEquatable());
    }

    private WireProtocol? Check(
        IReadOnlyList<Parsed<WireMessage>> parsed,
        IReadOnlyList<WireEnum> enums,
        IReadOnlyList<WireLimits> limits,
        IReadOnlyList<Parsed<WireDocument>> documents)
    {
        _diagnostics.AddRange(parsed.SelectMany(item => item.Diagnostics));
        _diagnostics.AddRange(documents.SelectMany(item => item.Diagnostics));
        WireMessage[] messages = [.. parsed.Select(item => item.Value).OfType<WireMessage>().OrderBy(item => item.Number)];
        WireEnum[] ordered =
        [
            .. enums.OrderBy(item => item.Name != WireEnum.MessageTypeName).ThenBy(item => item.Name, StringComparer.Ordinal),
        ];
        CheckLimits(limits);
        CheckMessages(messages, ordered);
        if (ordered.All(item => item.Name != WireEnum.FrameFlagsName))
        {
            Report(WireDiagnostics.Incomplete, LocationInfo.None, "there is no [WireEnum] FrameFlags");
        }

        if (_diagnostics.Count > 0)
        {
            return null;
        }

        WireDocument[] sorted =
            [.. documents.Select(item => item.Value).OfType<WireDocument>().OrderBy(item => item.Name, StringComparer.Ordinal)];
        var protocol = new WireProtocol(
            messages.ToEquatable(), ordered.ToEquatable(), limits[0].Constants, sorted.ToEquatable());
        CheckNames("wire.py", PythonNames.Of(protocol));
        CheckNames("wire.h", CNames.All(protocol));
        return _diagnostics.Count > 0 ? null : protocol;
    }

    private void CheckLimits(IReadOnlyList<WireLimits> limits)
    {
        if (limits.Count != 1)
        {
            Report(WireDiagnostics.Incomplete, LocationInfo.None, "there must be one class ProtocolLimits");
            return;
        }

        WireLimits only = limits[0];
        foreach (string name in WireLimits.Required)
        {
            if (only.Constants.All(item => item.Name != name))
            {
                Report(WireDiagnostics.Incomplete, only.Location, $"ProtocolLimits.{name} is missing");
            }
        }

        if (only.Constants.Any(item => item.Name == "HeaderSize" && item.Value != HeaderFormat.Size))
        {
            Report(WireDiagnostics.Incomplete, only.Location, $"ProtocolLimits.HeaderSize must be {HeaderFormat.Size}");
        }
    }

    private void CheckMessages(WireMessage[] messages, WireEnum[] enums)
    {
        WireEnum? types = enums.FirstOrDefault(item => item.Name == WireEnum.MessageTypeName);
        if (types is null)
        {
            Report(WireDiagnostics.Incomplete, LocationInfo.None, "there is no [WireEnum] MessageType");
            return;
        }

        var members = new Dictionary<long, string>();
        foreach (WireConstant member in types.Members)
        {
            if (members.TryGetValue(member.Value, out string? first))
            {
                Report(WireDiagnostics.DuplicateNumber, types.Location, member.Name, $"0x{member.Value:x2}", first);
                continue;
            }

            members.Add(member.Value, member.Name);
        }

        var seen = new Dictionary<long, string>();
        foreach (WireMessage message in messages)
        {
            if (seen.TryGetValue(message.Number, out string? first))
            {
                Report(WireDiagnostics.DuplicateNumber, message.Location, message.Name, $"0x{message.Number:x2}", first);
                continue;
            }

            seen.Add(message.Number, message.Name);
            if (!members.Remove(message.Number))
            {
                Report(WireDiagnostics.MessageWithoutMember, message.Location, message.Name, $"0x{message.Number:x2}");
            }
        }

        // A struct that was refused has said so already; that its type then lacks a message would be noise.
        if (_diagnostics.Count == 0)
        {
            foreach (string name in members.Values)
            {
                Report(WireDiagnostics.MemberWithoutMessage, types.Location, name);
            }
        }
    }

    private void CheckNames(string file, IEnumerable<(string Name, string Origin, LocationInfo Location)> names)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string origin, LocationInfo location) in names)
        {
            if (seen.TryGetValue(name, out string? first))
            {
                Report(WireDiagnostics.NameTaken, location, origin, name, first, file);
                continue;
            }

            seen.Add(name, origin);
        }
    }

    private void Report(DiagnosticDescriptor descriptor, LocationInfo location, params string[] arguments) =>
        _diagnostics.Add(DiagnosticInfo.At(descriptor, location, arguments));
}
