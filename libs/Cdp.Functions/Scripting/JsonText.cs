using System.Globalization;
using System.Text;
using Cdp.Functions.Contracts;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;

namespace Cdp.Functions.Scripting;

/// <summary>
/// A JavaScript value as JSON, as <c>JSON.stringify</c> writes it, but within limits on depth and length, and without recursion in the engine: a deep object
/// would end the process there. Getters, proxies and <c>toJSON</c> run as code of the function, within the budget of its call.
/// </summary>
internal sealed class JsonText(Engine engine, FunctionLimits limits, CallBudget budget)
{
    private readonly ObjectInstance _numbers = Prototype(engine, "Number");
    private readonly ObjectInstance _strings = Prototype(engine, "String");
    private readonly StringBuilder _text = new();
    private readonly List<ObjectInstance> _open = [];

    /// <summary>The value as JSON.</summary>
    /// <exception cref="NotJsonException">The value is not an object, has a cycle, is too deep or too long, or has a value that JSON does not know.</exception>
    public string Write(ObjectInstance value)
    {
        _text.Clear();
        _open.Clear();
        if (!TryWrite(value, "")) throw new NotJsonException("it is a function");
        CheckLength(0);
        return _text.ToString();
    }

    // False for what JSON leaves out: undefined, functions, symbols.
    private bool TryWrite(JsValue value, string key)
    {
        CheckLength(0);
        if (value is ObjectInstance converted && converted.Get("toJSON") is Jint.Native.Function.Function toJson) value = engine.Call(toJson, converted, [key]);
        switch (value)
        {
            case JsString text:
                Quote(text.ToString());
                return true;
            case JsNumber number:
                var finite = double.IsFinite(number.AsNumber());
                _text.Append(finite ? TypeConverter.ToString(number) : "null");
                return true;
            case JsBigInt:
                throw new NotJsonException("it has a BigInt, which JSON does not know: convert it with String()");
            case Jint.Native.Function.Function:
                return false;
            case ObjectInstance instance:
                return TryWriteObject(instance, key);
            default:
                if (value.IsBoolean()) _text.Append(value.AsBoolean() ? "true" : "false");
                else if (value.IsNull()) _text.Append("null");
                else return false;
                return true;
        }
    }

    private bool TryWriteObject(ObjectInstance value, string key)
    {
        budget.Check();
        // new Number(1) and new String("a").
        if (ReferenceEquals(value.Prototype, _numbers)) return TryWrite(TypeConverter.ToNumber(value), key);
        if (ReferenceEquals(value.Prototype, _strings)) return TryWrite(TypeConverter.ToString(value), key);
        if (_open.Exists(open => ReferenceEquals(open, value))) throw new NotJsonException($"it contains itself at \"{key}\"");
        if (_open.Count >= limits.Depth) throw new NotJsonException($"it has more than {limits.Depth} levels");
        _open.Add(value);
        if (value is JsArray array) WriteArray(array);
        else WriteMembers(value);
        _open.RemoveAt(_open.Count - 1);
        return true;
    }

    private void WriteArray(JsArray array)
    {
        _text.Append('[');
        for (uint i = 0; i < array.Length; i++)
        {
            if (i > 0) _text.Append(',');
            if (!TryWrite(array[i], "")) _text.Append("null");
        }
        _text.Append(']');
    }

    private void WriteMembers(ObjectInstance value)
    {
        _text.Append('{');
        var first = true;
        foreach (var key in value.GetOwnPropertyKeys(Types.String))
        {
            if (!value.GetOwnProperty(key).Enumerable) continue;
            var name = key.ToString();
            var start = _text.Length;
            if (!first) _text.Append(',');
            Quote(name);
            _text.Append(':');
            if (TryWrite(value.Get(key), name)) first = false;
            else _text.Length = start;
        }
        _text.Append('}');
    }

    private static ObjectInstance Prototype(Engine engine, string type) => (ObjectInstance)engine.Global.Get(type).Get("prototype");

    private void CheckLength(int next)
    {
        if (_text.Length + next > limits.EventLength) throw new NotJsonException($"it has more than {limits.EventLength} characters");
    }

    private void Quote(string text)
    {
        CheckLength(text.Length);
        _text.Append('"');
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character >= ' ' && character != '"' && character != '\\' && !char.IsSurrogate(character)) continue;
            if (char.IsHighSurrogate(character) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }
            _text.Append(text, written, i - written);
            written = i + 1;
            switch (character)
            {
                case '"': _text.Append("\\\""); break;
                case '\\': _text.Append("\\\\"); break;
                case '\b': _text.Append("\\b"); break;
                case '\f': _text.Append("\\f"); break;
                case '\n': _text.Append("\\n"); break;
                case '\r': _text.Append("\\r"); break;
                case '\t': _text.Append("\\t"); break;
                // Half of a surrogate pair is not valid Unicode, and UTF-8 would replace it.
                default: _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"); break;
            }
        }
        _text.Append(text, written, text.Length - written).Append('"');
    }
}

/// <summary>A value that cannot be an event.</summary>
/// <param name="message">Why, as the end of a sentence about the value.</param>
internal sealed class NotJsonException(string message) : Exception(message);

/// <summary>An event, its metadata or the settings cannot be read.</summary>
/// <param name="message">Which, and why.</param>
internal sealed class InputException(string message) : Exception(message);
