// A TCP server that registers students, with one thread for each client.
//
// Start it with the port: java Server.java 12000 (Java 17 or later)
// It greets each client with a pickled {'clientid': port}, prints one line for
// each pickled request and answers it with a pickled 1, or {'error': why}.

import java.io.*;
import java.math.BigInteger;
import java.net.*;
import java.nio.*;
import java.nio.charset.*;
import java.util.*;

public class Server {
  static final String HOST = "127.0.0.1";
  static final int BACKLOG = 128;
  static final int LIMIT = 65536; // bytes in one message
  static final int LINGER_MS = 1000; // for a refused client to stop sending
  static final List<String> FIELDS =
      List.of("student_name", "github_username", "sid");
  static final byte[] ONE = {(byte) 0x80, 2, 'K', 1, '.'};

  /** The bytes are not a pickle that this server accepts. */
  static class BadMessage extends Exception {
    BadMessage(String fault) {
      super(fault);
    }
  }

  static void check(boolean isGood, String fault) throws BadMessage {
    if (!isGood) {
      throw new BadMessage(fault);
    }
  }

  static class Dict extends HashMap<String, Object> {}

  /**
   * Reads one pickled dict and makes only data of it: Dict, String, Boolean, null,
   * BigInteger for an int, Double for a float. None of our fields is a list, so
   * LIST stands for any list, whatever its items.
   */
  static class RequestReader {
    static final Object MARK = new Object();
    static final Object LIST = new Object();
    final DataInputStream in;
    final List<Object> stack = new ArrayList<>();
    final Map<Integer, Object> memo = new HashMap<>();
    int left = LIMIT;

    RequestReader(DataInputStream in) {
      this.in = in;
    }

    /** Checks a size before waiting for it or allocating memory. */
    void count(int size) throws BadMessage {
      // A length from 2**31 on has become negative.
      check(size >= 0 && size <= left, "the message is too long");
      left -= size;
    }

    /** Waits for the next bytes of the message. */
    ByteBuffer take(int size) throws IOException, BadMessage {
      count(size);
      byte[] bytes = new byte[size];
      in.readFully(bytes);
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    int takeByte() throws IOException, BadMessage {
      count(1);
      return in.readUnsignedByte();
    }

    int takeInt() throws IOException, BadMessage {
      return take(4).getInt();
    }

    BigInteger takeLong(int size) throws IOException, BadMessage {
      ByteBuffer bytes = take(size);
      BigInteger value = BigInteger.ZERO;
      for (int i = size - 1; i >= 0; i--) {
        // The last byte has the sign.
        int digit = i == size - 1 ? bytes.get(i) : bytes.get(i) & 0xff;
        value = value.shiftLeft(8).add(BigInteger.valueOf(digit));
      }
      return value;
    }

    String takeText(int size) throws IOException, BadMessage {
      byte[] bytes = take(size).array();
      // Python can write half a surrogate pair, not UTF-8: make it U+FFFD.
      for (int i = 0; i + 2 < size; i++) {
        if (bytes[i] == (byte) 0xed && (bytes[i + 1] & 0xe0) == 0xa0) {
          bytes[i] = (byte) 0xef;
          bytes[i + 1] = (byte) 0xbf;
          bytes[i + 2] = (byte) 0xbd;
        }
      }
      try {
        return StandardCharsets.UTF_8.newDecoder()
            .decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        throw new BadMessage("a text in the pickle is no UTF-8");
      }
    }

    Object top() throws BadMessage {
      Object value = stack.isEmpty() ? MARK : stack.get(stack.size() - 1);
      check(value != MARK, "a value is missing");
      return value;
    }

    List<Object> pop(int count) throws BadMessage {
      check(count <= stack.size(), "a value is missing");
      List<Object> end = stack.subList(stack.size() - count, stack.size());
      check(!end.contains(MARK), "a value is missing");
      List<Object> values = new ArrayList<>(end);
      end.clear();
      return values;
    }

    List<Object> popToMark() throws BadMessage {
      int mark = stack.lastIndexOf(MARK);
      check(mark >= 0, "a MARK is missing");
      List<Object> values = pop(stack.size() - mark - 1);
      stack.remove(mark);
      return values;
    }

    /** Checks an append. The items are not needed, so they are dropped. */
    void append(List<Object> items) throws BadMessage {
      check(top() == LIST, "items are appended to no list");
    }

    void setItems(List<Object> items) throws BadMessage {
      check(top() instanceof Dict && items.size() % 2 == 0,
          "items are set in no dict");
      for (int i = 0; i < items.size(); i += 2) {
        Object key = items.get(i);
        check(key != LIST && !(key instanceof Dict), "a list or dict as key");
        if (key instanceof String text) { // none of our fields has another kind of key
          ((Dict) top()).put(text, items.get(i + 1));
        }
      }
    }

    Object recall(int key) throws BadMessage {
      check(memo.containsKey(key), "a memo is missing");
      return memo.get(key);
    }

    Dict read() throws IOException, BadMessage {
      // Other bytes may look like opcodes for a while, and their sender would get
      // no answer. From protocol 2 on, all pickles start with PROTO.
      check(takeByte() == 0x80 && takeByte() <= 5,
          "this is no pickle of protocol 2 to 5");
      while (true) {
        int code = takeByte();
        switch (code) {
          case 0x95 -> take(8); // FRAME: we need no hint of the size
          case '(' -> stack.add(MARK);
          case 'N' -> stack.add(null);
          case 0x88 -> stack.add(true); // NEWTRUE
          case 0x89 -> stack.add(false); // NEWFALSE
          case 'J' -> stack.add(BigInteger.valueOf(takeInt()));
          case 'K' -> stack.add(BigInteger.valueOf(takeByte()));
          case 'M' -> stack.add(BigInteger.valueOf(take(2).getChar()));
          case 0x8a -> stack.add(takeLong(takeByte())); // LONG1
          case 'G' -> // BINFLOAT, the one big-endian number
            stack.add(take(8).order(ByteOrder.BIG_ENDIAN).getDouble());
          case 'X' -> stack.add(takeText(takeInt())); // BINUNICODE
          case 0x8c -> stack.add(takeText(takeByte())); // SHORT_BINUNICODE
          case ']' -> stack.add(LIST);
          case 'a' -> append(pop(1));
          case 'e' -> append(popToMark());
          case '}' -> stack.add(new Dict());
          case 's' -> setItems(pop(2));
          case 'u' -> setItems(popToMark());
          case 'q' -> memo.put(takeByte(), top());
          case 'r' -> memo.put(takeInt(), top());
          case 0x94 -> memo.put(memo.size(), top()); // MEMOIZE
          case 'h' -> stack.add(recall(takeByte()));
          case 'j' -> stack.add(recall(takeInt()));
          case '.' -> {
            check(top() instanceof Dict, "the request is no dict");
            return (Dict) top();
          }
          default -> throw new BadMessage(
              String.format("pickle opcode 0x%02x is not allowed", code));
        }
      }
    }
  }

  /** Pickles a short ASCII text (as BINUNICODE, with its length before it). */
  static String pickle(String text) {
    return "X" + (char) text.length() + "\0\0\0" + text;
  }

  static byte[] pickleDict(String key, String pickledValue) {
    return ("\u0080\2}" + pickle(key) + pickledValue + "s.")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] pickleError(String fault) {
    return pickleDict("error", pickle(fault));
  }

  /** Returns what is wrong with the fields of a request, or null. */
  static String findFault(Dict request) {
    for (String field : FIELDS) {
      Object value = request.get(field);
      if (!request.containsKey(field)) {
        return field + " is missing";
      }
      if (value != null && !(value instanceof String)
          && !(field.equals("sid") && value instanceof BigInteger)) {
        return field + " is of a wrong kind";
      }
    }
    return null;
  }

  static String printable(Object value) {
    StringBuilder out = new StringBuilder();
    for (char c : (value == null ? "None" : value.toString()).toCharArray()) {
      // Characters that end a line, or steer a terminal, could forge a line.
      if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  static void print(Dict request) {
    String text = "Connected: Student: "
        + printable(request.get("student_name")) + ", Github Username: "
        + printable(request.get("github_username")) + ", sid: "
        + printable(request.get("sid")) + "\n";
    byte[] line = text.getBytes(StandardCharsets.UTF_8);
    synchronized (System.out) { // so that the lines of clients do not mingle
      System.out.write(line, 0, line.length);
      System.out.flush();
    }
  }

  static void talk(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(
        new BufferedInputStream(socket.getInputStream()));
    OutputStream out = socket.getOutputStream();
    int port = socket.getPort();
    out.write(pickleDict(
        "clientid", "M" + (char) (port & 255) + (char) (port >> 8)));
    try {
      while (true) {
        Dict request = new RequestReader(in).read();
        String fault = findFault(request);
        if (fault == null) {
          print(request);
        }
        // Waits while the client does not read, and holds no lock meanwhile.
        out.write(fault == null ? ONE : pickleError(fault));
      }
    } catch (BadMessage e) {
      out.write(pickleError(e.getMessage()));
    }
    // Closing with bytes unread would reset the connection, and the client
    // might lose the answer, so read and drop further input for a while.
    socket.shutdownOutput();
    socket.setSoTimeout(LINGER_MS);
    long end = System.currentTimeMillis() + LINGER_MS;
    while (in.read(new byte[LIMIT]) >= 0 && System.currentTimeMillis() < end) {
      // dropped
    }
  }

  /** Serves one client, from its greeting to its end. */
  static void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      talk(socket);
    } catch (IOException e) {
      // It closed, reset, or never stopped sending: all ordinary.
    }
  }

  public static void main(String[] args) throws InterruptedException {
    int port = Integer.parseInt(args[0]);
    ServerSocket server = null;
    try {
      server = new ServerSocket();
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress(HOST, port), BACKLOG);
    } catch (IOException e) {
      System.err.println(
          "Cannot listen at " + HOST + "/" + port + ": " + e.getMessage());
      System.exit(1);
    }
    System.out.println("Listening at " + HOST + "/" + port);
    while (true) {
      try {
        Socket socket = server.accept();
        new Thread(() -> serve(socket)).start();
      } catch (IOException e) {
        Thread.sleep(100); // too many open files, until some client leaves
      }
    }
  }
}
