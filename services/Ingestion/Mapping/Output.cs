using System.Buffers;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>Writes the events that a payload is mapped to, within limits: a small payload can be mapped to large events.</summary>
public sealed class Output : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;
    private readonly MappingLimits _limits;
    private readonly Dictionary<string, int> _messageIds = [];
    private long _kept;
    private string? _exceeded;

    public Output(MappingLimits limits)
    {
        _limits = limits;
        _writer = Values.Writer(_buffer);
    }

    public List<byte[]> Events { get; } = [];

    /// <summary>Whether a limit is exceeded. All further output is dropped then, and the events written before are not used either.</summary>
    public bool IsFull => Exceeded is not null;

    /// <summary>The limit that is exceeded; null if none is.</summary>
    public string? Exceeded => _exceeded ??= (_writer.BytesCommitted + _writer.BytesPending) switch
    {
        var current when current > _limits.EventBytes => $"an event of more than {_limits.EventBytes} bytes",
        var current when _kept + current > _limits.TotalBytes => $"events of more than {_limits.TotalBytes} bytes in total",
        _ => null,
    };

    public void Write(string? name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined || IsFull) return;
        if (name is not null) _writer.WritePropertyName(name);
        Values.Write(_writer, value);
    }

    public void WriteText(string name, string text)
    {
        if (!IsFull) _writer.WriteString(name, text);
    }

    public void Begin(string? name, char kind)
    {
        if (name is not null) _writer.WritePropertyName(name);
        if (kind == '{') _writer.WriteStartObject();
        else _writer.WriteStartArray();
    }

    public void End(char kind)
    {
        if (kind == '}') _writer.WriteEndObject();
        else _writer.WriteEndArray();
    }

    /// <summary>Makes messageIds unique within a payload. Otherwise validation would drop all but the first event as duplicates.</summary>
    public string Distinct(string messageId)
    {
        if (_messageIds.TryAdd(messageId, 1)) return messageId;
        string distinct;
        do distinct = $"{messageId}-{++_messageIds[messageId]}";
        while (!_messageIds.TryAdd(distinct, 1));
        return distinct;
    }

    /// <summary>Ends the current event and keeps or drops it.</summary>
    public void EndEvent(bool keep)
    {
        if (keep && !IsFull)
        {
            _writer.Flush();
            Events.Add(_buffer.WrittenSpan.ToArray());
            _kept += _buffer.WrittenCount;
        }
        _writer.Reset();
        _buffer.ResetWrittenCount();
    }

    public void Dispose() => _writer.Dispose();
}
