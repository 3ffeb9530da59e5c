namespace Hydra.Protocol;

/// <summary>Who may send a message.</summary>
internal enum WireDirection
{
    /// <summary>From the front to a worker only.</summary>
    ToWorker,

    /// <summary>From a worker to the front only.</summary>
    ToFront,

    /// <summary>Both sides may send it.</summary>
    Both,
}

/// <summary>How many bytes the length of a variable field takes on the wire.</summary>
internal enum WireLength
{
    /// <summary>One byte: up to 255 bytes of data.</summary>
    U8,

    /// <summary>Two bytes, little endian: up to 65,535 bytes of data.</summary>
    U16,

    /// <summary>Four bytes, little endian: bounded by <see cref="ProtocolLimits.MaxPayload"/>.</summary>
    U32,
}

/// <summary>
/// Declares a message of the link protocol. The generator writes its reader and writer in C# and its table in
/// python/hydra_worker/wire.py from the properties of the struct, in the order in which they are declared.
/// </summary>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class WireMessageAttribute(MessageType type, WireDirection direction) : Attribute
{
    /// <summary>The message's type byte.</summary>
    public MessageType Type { get; } = type;

    /// <summary>Who may send it.</summary>
    public WireDirection Direction { get; } = direction;

    /// <summary>The flags that its frames may carry; none by default.</summary>
    public FrameFlags Flags { get; set; }
}

/// <summary>
/// Declares a document that the front writes as JSON and the shim reads: a record whose properties are of type string, int or bool. The
/// generator writes the names and types of its fields into python/hydra_worker/wire.py, and they are part of the schema hash.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class WireDocumentAttribute(string pythonName) : Attribute
{
    /// <summary>What the table of its fields is called in wire.py.</summary>
    public string PythonName { get; } = pythonName;
}

/// <summary>Marks a <c>ReadOnlySpan&lt;byte&gt;</c> property as variable bytes with a length prefix of the given width.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WireBytesAttribute(WireLength length) : Attribute
{
    /// <summary>The width of the length prefix.</summary>
    public WireLength Length { get; } = length;
}

/// <summary>Marks an enum whose members the generator also writes into python/hydra_worker/wire.py as integer constants.</summary>
[AttributeUsage(AttributeTargets.Enum)]
internal sealed class WireEnumAttribute : Attribute
{
    /// <summary>What stands before each member's name in wire.py, such as "FLAG_"; nothing by default.</summary>
    public string PythonPrefix { get; set; } = "";
}
