namespace Hydra.Protocol.Generator;

/// <summary>What the declaration's names become in wire.h: those of wire.py, behind WIRE_.</summary>
internal static class CNames
{
    public const string Guard = "HYDRA_WIRE_H";
    public const string SchemaHash = "WIRE_SCHEMA_HASH";
    public const string Flags = "_FLAGS";
    public const string Fixed = "_FIXED";

    private const string Prefix = "WIRE_";

    public static string Of(WireConstant limit) => Prefix + PythonNames.Upper(limit.Name);

    public static string Of(WireEnum item, WireConstant member) => Prefix + item.PythonPrefix + PythonNames.Upper(member.Name);

    public static string Of(WireProtocol protocol, WireMessage message) => Prefix + PythonNames.Upper(protocol.MemberOf(message));

    /// <summary>A field's offset; of variable bytes that of their length.</summary>
    public static string Of(string message, WireField field) =>
        message + "_" + PythonNames.Upper(field.Name) + (field.IsBytes ? "_SIZE" : "");

    /// <summary>Every name that wire.h defines, with where it comes from.</summary>
    public static IEnumerable<(string Name, string Origin, LocationInfo Location)> All(WireProtocol protocol)
    {
        yield return (SchemaHash, "wire.h itself", LocationInfo.None);
        foreach (WireConstant limit in protocol.Limits)
        {
            yield return (Of(limit), "ProtocolLimits." + limit.Name, LocationInfo.None);
        }

        foreach (WireEnum item in protocol.Enums)
        {
            foreach (WireConstant member in item.Members)
            {
                yield return (Of(item, member), item.Name + "." + member.Name, item.Location);
            }
        }

        foreach (WireMessage message in protocol.Messages)
        {
            string name = Of(protocol, message);
            yield return (name + Flags, message.Name, message.Location);
            yield return (name + Fixed, message.Name, message.Location);
            foreach (WireField field in message.Fields)
            {
                yield return (Of(name, field), message.Name + "." + field.Name, message.Location);
            }
        }
    }
}
