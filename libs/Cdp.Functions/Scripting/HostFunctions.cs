using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Functions.Contracts;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Cdp.Functions.Scripting;

/// <summary>The functions that <c>prelude.js</c> builds on. They take and return strings, numbers and bytes: no .NET object is visible to a script.</summary>
internal sealed class HostFunctions
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Engine _engine;
    private readonly FunctionLimits _limits;
    private readonly FunctionDefinition _definition;
    private readonly FetchHandler? _fetch;
    private readonly FunctionClock _clock;
    private readonly JsonText _json;
    private readonly StringBuilder _log = new();
    private CancellationTokenSource _call = new();
    private int _fetches;
    private bool _loading = true;

    public HostFunctions(
        Engine engine, FunctionDefinition definition, FunctionLimits limits, FetchHandler? fetch, FunctionClock clock, JsonText json, TimeProvider time)
    {
        _engine = engine;
        _definition = definition;
        _limits = limits;
        _fetch = fetch;
        _clock = clock;
        _json = json;
        Pending = new PendingWork(engine, time);
    }

    public PendingWork Pending { get; }

    /// <summary>A call begins.</summary>
    public void Begin()
    {
        _loading = false;
        _fetches = 0;
        _log.Clear();
    }

    /// <summary>A call is over: requests that nobody waits for are cancelled.</summary>
    /// <returns>What it logged.</returns>
    public string End()
    {
        Pending.Clear();
        if (_fetches > 0)
        {
            _call.Cancel();
            _call = new CancellationTokenSource();
        }
        return _log.ToString();
    }

    /// <summary>The <c>host</c> of <c>prelude.js</c>.</summary>
    public ObjectInstance ToObject()
    {
        var host = new JsObject(_engine);
        void Add(string name, Func<JsValue[], JsValue> function) => host.Set(name, new ClrFunction(_engine, name, (_, arguments) => function(arguments)));
        Add("log", Log);
        Add("credential", arguments => _definition.Credentials.TryGetValue(Text(arguments, 0), out var value) ? value : JsValue.Undefined);
        Add("fetch", arguments => Fetch(Text(arguments, 0)));
        Add("startTimer", StartTimer);
        Add("stopTimer", arguments =>
        {
            if (arguments[0].AsNumber() is >= 0 and <= int.MaxValue and var id) Pending.StopTimer((int)id);
            return JsValue.Undefined;
        });
        Add("encode", arguments => Bytes(Encoding.UTF8.GetBytes(Text(arguments, 0))));
        Add("decode", arguments => Decode(arguments[0].AsUint8Array(), fatal: arguments[1].AsBoolean()));
        Add("decodePercent", arguments => DecodePercent(Text(arguments, 0)));
        Add("hostName", arguments => HostName(Text(arguments, 0)) is { } name ? name : JsValue.Null);
        Add("atob", arguments => FromBase64(Text(arguments, 0)));
        Add("btoa", arguments => ToBase64(Text(arguments, 0)));
        Add("digest", arguments => Digest(Text(arguments, 0), arguments[1], arguments[2].AsArray()));
        Add("format", arguments => Format(arguments[0].AsUint8Array(), Text(arguments, 1)));
        Add("uuid", _ => _clock.NextUuid().ToString());
        return host;
    }

    private static string Text(JsValue[] arguments, int at) => arguments[at].AsString();

    private JsValue Bytes(byte[] bytes) => _engine.Intrinsics.Uint8Array.Construct(bytes);

    private JavaScriptException Error(string message) => new(_engine.Intrinsics.Error, message);

    private JsValue Log(JsValue[] values)
    {
        if (_log.Length < _limits.LogLength)
        {
            if (_log.Length > 0) _log.Append('\n');
            for (var i = 0; i < values.Length && _log.Length < _limits.LogLength; i++) _log.Append(i > 0 ? " " : "").Append(Readable(values[i]));
            if (_log.Length > _limits.LogLength) _log.Length = _limits.LogLength;
        }
        return JsValue.Undefined;
    }

    private string Readable(JsValue value)
    {
        if (value is Jint.Native.Error.ErrorInstance error) return Failures.Describe(error);
        if (value is not ObjectInstance instance) return value.ToString();
        try
        {
            return _json.Write(instance);
        }
        catch (NotJsonException e)
        {
            return $"[not JSON: {e.Message}]";
        }
    }

    private JsValue StartTimer(JsValue[] arguments)
    {
        if (_loading) throw Error("setTimeout is not available while the code is loaded: call it in a handler");
        var milliseconds = Math.Max(0, arguments[1].AsNumber());
        if (!(milliseconds <= _limits.Time.TotalMilliseconds))
        {
            var text = milliseconds.ToString(CultureInfo.InvariantCulture);
            throw Error($"setTimeout: {text} ms is more than the {_limits.Time.TotalSeconds} s that a call may take");
        }
        return Pending.StartTimer(arguments[0], TimeSpan.FromMilliseconds(milliseconds));
    }

    private JsValue Fetch(string json)
    {
        if (_loading) throw Error("fetch is not available while the code is loaded: call it in a handler");
        if (_fetch is null) throw Error("fetch is switched off for this function");
        if (++_fetches > _limits.Fetches) throw Error($"fetch: more than {_limits.Fetches} requests for one event");
        var promise = _engine.Advanced.RegisterPromise();
        var request = JsonSerializer.Deserialize<FetchRequest>(json, Json)!;
        var (fetch, stopping) = (_fetch, _call.Token);
        // The host's code must not run on the engine's thread, whose allocations are counted.
        var task = Task.Run(() => fetch(request, stopping), CancellationToken.None);
        Pending.Add(task, () =>
        {
            if (task.IsCompletedSuccessfully) promise.Resolve(JsonSerializer.Serialize(task.Result, Json));
            else promise.Reject(_engine.Intrinsics.Error.Construct($"fetch {request.Url}: {task.Exception?.InnerException?.Message ?? "cancelled"}"));
        });
        return promise.Promise;
    }

    private JsValue Decode(byte[] bytes, bool fatal)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: fatal).GetString(bytes);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException)
        {
            throw new JavaScriptException(_engine.Intrinsics.TypeError, "TextDecoder: the bytes are not valid UTF-8");
        }
    }

    // Unlike decodeURIComponent, it keeps what is not an escape.
    private static JsValue DecodePercent(string text)
    {
        if (!text.Contains('%')) return text;
        var bytes = new List<byte>();
        var source = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < source.Length; i++)
        {
            var escape = source[i] == '%' && i + 2 < source.Length && char.IsAsciiHexDigit((char)source[i + 1]) && char.IsAsciiHexDigit((char)source[i + 2]);
            bytes.Add(escape ? Convert.FromHexString(Encoding.ASCII.GetString(source, i + 1, 2))[0] : source[i]);
            if (escape) i += 2;
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string? HostName(string name)
    {
        try
        {
            var ascii = Ascii.IsValid(name) ? name.ToLowerInvariant() : new IdnMapping().GetAscii(name).ToLowerInvariant();
            return ascii.AsSpan().IndexOfAny(" #%/:<>?@[\\]^|") < 0 ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private JsValue FromBase64(string text)
    {
        var compact = string.Concat(text.Where(character => !char.IsWhiteSpace(character))).TrimEnd('=');
        try
        {
            return Encoding.Latin1.GetString(Convert.FromBase64String(compact.PadRight((compact.Length + 3) / 4 * 4, '=')));
        }
        catch (FormatException)
        {
            throw Error("atob: the text is not base64");
        }
    }

    private JsValue ToBase64(string text) =>
        text.All(character => character <= 0xFF)
            ? Convert.ToBase64String(Encoding.Latin1.GetBytes(text))
            : throw Error("btoa: the text has a character above U+00FF: encode it to UTF-8 first");

    private JsValue Digest(string algorithm, JsValue key, JsArray parts)
    {
        HashAlgorithmName? name = algorithm switch
        {
            "md5" => HashAlgorithmName.MD5,
            "sha1" => HashAlgorithmName.SHA1,
            "sha256" => HashAlgorithmName.SHA256,
            "sha512" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (name is null) throw Error($"crypto: there is no algorithm {algorithm}: use md5, sha1, sha256 or sha512");
        using var hash = key.IsNull() ? IncrementalHash.CreateHash(name.Value) : IncrementalHash.CreateHMAC(name.Value, Data(key));
        for (uint i = 0; i < parts.Length; i++) hash.AppendData(Data(parts[i]));
        return Bytes(hash.GetHashAndReset());
    }

    private static byte[] Data(JsValue value) => value.IsString() ? Encoding.UTF8.GetBytes(value.AsString()) : value.AsUint8Array();

    private JsValue Format(byte[] bytes, string encoding) => encoding switch
    {
        "hex" => Convert.ToHexStringLower(bytes),
        "base64" => Convert.ToBase64String(bytes),
        "base64url" => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        _ => throw Error($"crypto: there is no encoding {encoding}: use hex, base64 or base64url"),
    };
}
