using System.Buffers;
using System.Text.Json;

namespace Cdp.Ingestion.Mapping;

/// <summary>The events that a payload gives, as they are written, and how much there may be of them: a small payload can ask for a large answer.</summary>
public sealed class Output : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;
    private readonly long _limit;
    private readonly Dictionary<string, int> _messageIds = [];
    private long _kept;

    public Output(long limit)
    {
        _limit = limit;
        _writer = Values.Writer(_buffer);
    }

    public List<byte[]> Events { get; } = [];

    public bool IsFull => _kept + _writer.BytesCommitted + _writer.BytesPending > _limit;

    public void Write(string? name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        if (name is not null) _writer.WritePropertyName(name);
        Values.Write(_writer, value);
    }

    public void WriteText(string name, string text) => _writer.WriteString(name, text);

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

    /// <summary>A payload's later events of the same messageId get one of their own, or they would be taken for duplicates of the first.</summary>
    public string Distinct(string messageId)
    {
        if (_messageIds.TryAdd(messageId, 1)) return messageId;
        string distinct;
        do distinct = $"{messageId}-{++_messageIds[messageId]}";
        while (!_messageIds.TryAdd(distinct, 1));
        return distinct;
    }

    /// <summary>Ends the event begun; keeps it, or drops it.</summary>
    public void EndEvent(bool keep)
    {
        if (keep)
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
