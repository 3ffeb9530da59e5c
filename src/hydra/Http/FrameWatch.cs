using System.Buffers;
using System.Buffers.Binary;

namespace Hydra.Http;

/// <summary>
/// Looks at the frames that a client of HTTP/2 sends (RFC 9113, section 4.1), without their contents but for the first bytes of some, and counts those that cost the
/// server work and the client nothing (section 10.5): streams that are reset as soon as they are opened (CVE-2023-44487), and frames that carry nothing. Kestrel bounds
/// neither: a thousand resets in its queue, and it forgets to end the connection. For one thread at a time.
/// </summary>
/// <param name="maxStreams">Streams that the client may have at a time: as many resets a second are usual for one who reads through pages quickly.</param>
/// <param name="time">The clock.</param>
/// <param name="windows">Told what the client says of streams and their windows; null where nobody wants to know.</param>
internal sealed class FrameWatch(int maxStreams, TimeProvider time, StreamWindows? windows = null)
{
    private const int PrefaceSize = 24;

    // Of SETTINGS: a parameter, and as many as are looked at. There are seven that mean something.
    private const int SettingSize = 6;
    private const int MostSettings = 20;
    private const int InitialWindow = 4;
    private const byte Acknowledgement = 1;

    // Of section 6.
    private const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Ping = 6, Window = 8, Continuation = 9;
    private const byte EndOfStream = 1, EndOfHeaders = 4, Padded = 8;

    // Frames that carry nothing: gRPC measures a connection by pings, some a second.
    private const int EmptyBurst = 1000;
    private const int EmptyRate = 100;

    // Frames of a kind that is not known, which are to be passed over (section 4.1): browsers send one now and then, or with each request, so that nobody forgets that.
    private const int UnknownBurst = 2000;
    private const int UnknownRate = 1000;

    // Updates of windows: clients give back what they have taken, mostly half a window at a time, the simplest with each frame of 16 KiB. Less than this is a little.
    private const uint LittleCredit = 1024;
    private const int LittleBurst = 10_000;
    private const int LittleRate = 1000;
    private const int UpdateBurst = 100_000;
    private const int UpdateRate = 50_000;

    private readonly FrameBudget _resets = new(2 * maxStreams, maxStreams, time);
    private readonly FrameBudget _empty = new(EmptyBurst, EmptyRate, time);
    private readonly FrameBudget _unknown = new(UnknownBurst, UnknownRate, time);
    private readonly FrameBudget _littleUpdates = new(LittleBurst, LittleRate, time);
    private readonly FrameBudget _updates = new(UpdateBurst, UpdateRate, time);

    // The preface is before the first.
    private readonly FrameCursor _frames = new(PrefaceSize, SettingSize * MostSettings, Wanted);

    /// <summary>Whether the client has gone beyond what it may.</summary>
    public bool IsFlooded { get; private set; }

    /// <summary>Looks at bytes that have come.</summary>
    /// <param name="data">What was not looked at before; frames may be cut anywhere.</param>
    public void Look(in ReadOnlySequence<byte> data)
    {
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            Look(segment.Span);
        }
    }

    private void Look(ReadOnlySpan<byte> data)
    {
        while (!IsFlooded && _frames.Next(ref data))
        {
            IsFlooded = !MayPass(_frames.Type, _frames.Flags, _frames.Length);
            Tell();
        }
    }

    // How many bytes of the contents say whether the frame carries something.
    private static int Wanted(byte type, byte flags, int length) => type switch
    {
        Window when length == 4 => 4,
        Settings => Math.Min(length, SettingSize * MostSettings),
        Data when (flags & Padded) != 0 && length > 0 => 1,
        _ => 0,
    };

    private static uint CreditOf(ReadOnlySpan<byte> contents) => BinaryPrimitives.ReadUInt32BigEndian(contents) & int.MaxValue;

    private void Tell()
    {
        if (windows is null)
        {
            return;
        }

        ReadOnlySpan<byte> contents = _frames.Contents;
        switch (_frames.Type)
        {
            case Headers:
                windows.OnRequested(_frames.Stream);
                break;
            case Reset:
                windows.OnReset(_frames.Stream);
                break;
            case Window when !contents.IsEmpty:
                windows.OnCredit(_frames.Stream, CreditOf(contents));
                break;
            case Settings when (_frames.Flags & Acknowledgement) == 0:
                for (; contents.Length >= SettingSize; contents = contents[SettingSize..])
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(contents) == InitialWindow)
                    {
                        windows.OnInitial(BinaryPrimitives.ReadUInt32BigEndian(contents[2..]));
                    }
                }

                break;
        }
    }

    private bool MayPass(byte type, byte flags, int length) => type switch
    {
        Reset => _resets.TryTake(),
        Data => (flags & EndOfStream) != 0 || length > ((flags & Padded) != 0 && length > 0 ? 1 + _frames.Contents[0] : 0) || _empty.TryTake(),
        Continuation => length > 0 || (flags & EndOfHeaders) != 0 || _empty.TryTake(),
        Headers => true,

        // Also acknowledgements: the server asks for few.
        Ping or Settings or Priority => _empty.TryTake(),
        Window => _updates.TryTake() && (length != 4 || CreditOf(_frames.Contents) >= LittleCredit || _littleUpdates.TryTake()),
        _ => _unknown.TryTake(),
    };
}
